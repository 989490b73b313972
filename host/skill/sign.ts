import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { encodeHex, encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { systemClock } from '../base/ports.ts';
import { projectRoot } from './builtin.ts';
import { rawBundle, type RawBundle } from './bundle.ts';
import { coversName, parseDelegation } from './delegation.ts';
import { bundleDigestA, digestFiles } from './digest.ts';
import { asIo } from './durable.ts';
import { signMessage } from './ed25519.ts';
import { parseSkillMd } from './frontmatter.ts';
import type { Seed } from './keys.ts';
import { parseManifest } from './manifest.ts';
import { writeIntegrity } from './manifest/integrity.ts';
import { PATHS, SIGNATURE_FILES } from './names.ts';
import { readBundleDir } from './read-bundle.ts';
import type { BundlePath, Digest, Manifest, PublicKey } from './skill.ts';
import { NO_TRUST } from './trust-file.ts';
import { type Refusal, verify } from './verify.ts';
import { skillMdOf } from './verify/signature.ts';

/** What `signBundle` wrote. */
export interface SignedBundle {
  readonly digest: Digest;
  readonly key: PublicKey;
  readonly manifest: Manifest;
}

/**
 * Signs the bundle in a directory: rewrites `integrity` in SKILL.md and nothing else of it, then writes SKILL.sig, SKILL.pub and, if
 * given, SKILL.deleg, each whole or not at all; then verifies what it wrote.
 * @throws HostError what reading and `parseManifest` throw; `key-is-root`; `delegation-invalid` for one that is for another key or name.
 */
export function signBundle(dir: string, seed: Seed, options: { readonly delegation?: Uint8Array } = {}): SignedBundle {
  const raw = readBundleDir(dir);
  const skillMd = withIntegrity(skillMdOf(raw), integrityOf(raw));
  const manifest = parseManifest(skillMd, raw.name);
  if (seed.key === projectRoot()) {
    throw new HostError('key-is-root', 'A root key signs no bundles', {
      remedy: 'Sign with another key, delegated by it.',
    });
  }
  const delegation = options.delegation ?? raw.files.get(PATHS.deleg);
  if (delegation !== undefined) checkDelegation(delegation, seed.key, manifest);
  const digest = bundleDigestA(skillMd);
  const signature = signMessage(new Uint8Array(Buffer.from(digest, 'hex')), seed.bytes);
  replaceInBundle(dir, PATHS.skillMd, skillMd);
  replaceInBundle(dir, PATHS.sig, encodeUtf8(`${encodeHex(signature)}\n`));
  replaceInBundle(dir, PATHS.pub, encodeUtf8(`${seed.key}\n`));
  if (options.delegation !== undefined) replaceInBundle(dir, PATHS.deleg, options.delegation);
  verifyOwn(readBundleDir(dir));
  return { digest, key: seed.key, manifest };
}

/**
 * SKILL.md with this `integrity`, every other byte as it was: in its place if there is one, otherwise behind the last key.
 * @throws HostError `manifest-invalid`, also for frontmatter that is laid out so that this cannot be done.
 */
export function withIntegrity(skillMd: Uint8Array, digests: ReadonlyMap<BundlePath, Digest>): Uint8Array {
  const before = parseSkillMd(skillMd);
  const { text, frontmatter, yamlOffset, closeOffset } = before;
  const { indent, spans } = frontmatter;
  const span = spans.get('integrity');
  if (span === undefined && digests.size === 0) return skillMd;
  if (indent === undefined) throw cannotWrite();
  const lines = writeIntegrity(digests, indent);
  const after =
    span === undefined
      ? `${text.slice(0, closeOffset)}${' '.repeat(indent)}${lines}\n${text.slice(closeOffset)}`
      : `${text.slice(0, yamlOffset + span.start)}${lines}${text.slice(yamlOffset + span.end)}`;
  const bytes = encodeUtf8(after);
  // The text was edited by position: whatever else it now says, or no longer says, is a refusal.
  const reread = parseSkillMd(bytes);
  const written = new Map([...digests].map(([path, digest]) => [path, `sha256:${digest}`]));
  const expected = new Map(before.frontmatter.map).set('integrity', written);
  if (!isDeepStrictEqual(reread.frontmatter.map, expected) || reread.body !== before.body) throw cannotWrite();
  return bytes;
}

function integrityOf(raw: RawBundle): Map<BundlePath, Digest> {
  return digestFiles(new Map([...raw.files].filter(([path]) => !SIGNATURE_FILES.includes(path))));
}

function checkDelegation(untrusted: Uint8Array, key: PublicKey, manifest: Manifest): void {
  const delegation = parseDelegation(untrusted);
  // A bare one does not say for whom it is; `verify` finds out with the root.
  if (delegation.kind === 'bare') return;
  const { terms } = delegation;
  const wrong = terms.key !== key ? 'another key' : coversName(terms.names, manifest.name) ? undefined : 'other names';
  if (wrong === undefined) return;
  throw new HostError('delegation-invalid', `The delegation is for ${wrong}`, {
    file: PATHS.deleg,
    remedy: 'Give the right one with --delegation, or remove SKILL.deleg.',
  });
}

/** Everything but the delegation, which needs roots, and what only this machine knows. */
function verifyOwn(raw: RawBundle): void {
  const outcome = verify(
    rawBundle(
      raw.name,
      [...raw.files].filter(([path]) => path !== PATHS.deleg),
    ),
    {
      roots: new Map(),
      revoked: NO_TRUST.revoked,
      require: 'self-signed',
      clock: systemClock,
    },
  );
  // What a host cannot give yet does not keep an author from signing.
  if ('kind' in outcome && outcome.code !== 'capability-unavailable') throw changedMeanwhile(outcome);
}

/** Puts a file into a bundle's directory so that it is there whole or not at all; the mode of an older one stays. */
export function replaceInBundle(dir: string, name: BundlePath, bytes: Uint8Array): void {
  const path = join(dir, name);
  const temp = join(dir, `.tmp-${randomUUID()}`);
  asIo(path, () => {
    try {
      writeFileSync(temp, bytes, { flag: 'wx', mode: modeOf(path), flush: true });
      renameSync(temp, path);
    } catch (error) {
      rmSync(temp, { force: true });
      throw error;
    }
  });
}

function modeOf(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644) & 0o777;
}

function cannotWrite(): HostError {
  return new HostError('manifest-invalid', 'SKILL.md: `integrity` cannot be written into frontmatter of this layout', {
    file: PATHS.skillMd,
    remedy: 'Write one `key: value` a line at the left margin, without braces around the whole, `...` or `? key`.',
  });
}

function changedMeanwhile({ code, message, file }: Refusal): HostError {
  return new HostError(code, `The bundle does not verify after signing: ${message}`, {
    ...(file === undefined ? {} : { file }),
    remedy: 'Something changed it meanwhile: stop that, and sign again.',
  });
}
