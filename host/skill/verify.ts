import { HostError, type ErrorCode } from '../base/error.ts';
import { encodeUtf8 } from '../base/bytes.ts';
import { shown } from '../base/shown.ts';
import type { RawBundle } from './bundle.ts';
import { digestFiles, sha256 } from './digest.ts';
import { parsesManifests } from './kept-manifests.ts';
import { isSignatureFile, PATHS } from './names.ts';
import { readBundleDir } from './read-bundle.ts';
import type { BundlePath, Skill } from './skill.ts';
import { Verified } from './verified.ts';
import type { VerifyContext } from './verify/context.ts';
import { checkIntegrity } from './verify/integrity.ts';
import { checkSignature, skillMdOf } from './verify/signature.ts';
import { checkCapabilities, checkContinuity, checkRevoked, checkTrust, checkVersion } from './verify/standing.ts';

export type { Pin, Revoked, VerifyContext } from './verify/context.ts';

const mint = Verified.takeMint();

/** Why a bundle does not load. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  /** Safe to show. */
  readonly message: string;
  /** Inside the bundle. */
  readonly file?: string;
  readonly remedy: string;
}

/** The skill that a bundle holds, over the very bytes that were checked, or the first of the reasons against it. */
export function verify(raw: RawBundle, context: VerifyContext): Verified<Skill> | Refusal {
  return refusing(() => mint(check(raw, context)));
}

/** Reads a directory and verifies it; what reading refuses is a refusal as well. `name` as in `readBundleDir`. */
export function verifyDir(
  path: string,
  contextOf: (name: string) => VerifyContext,
  name?: string,
): Verified<Skill> | Refusal {
  return refusing(() => {
    const raw = readBundleDir(path, name);
    return mint(check(raw, contextOf(raw.name)));
  });
}

/** An author's own directory under `--dev`: parsed, its signature not looked at; marked `trust: {kind: 'dev'}`. */
export function verifyDev(raw: RawBundle): Verified<Skill> | Refusal {
  return refusing(() => mint(checkDev(raw)));
}

/** Whether the outcome of a verification is a refusal. */
export function isRefusal(outcome: Verified<Skill> | Refusal): outcome is Refusal {
  return !Verified.is(outcome);
}

// The order of the lines is the order in which refusals win.
function check(raw: RawBundle, context: VerifyContext): Skill {
  const deleg = raw.files.get(PATHS.deleg);
  const signed = checkSignature(raw, context.roots);
  const { skillMd, key, form, digest } = signed;
  checkRevoked(key, digest, deleg, context);
  const manifest = (context.manifests ?? parsesManifests).of(skillMd, raw.name);
  const covered = checkIntegrity(raw, signed, manifest);
  const trust = checkTrust(key, manifest, deleg, context);
  checkContinuity(key, trust, manifest, context);
  checkVersion(digest, manifest, context);
  checkCapabilities(manifest.permissions);
  return { name: manifest.name, digest, form, manifest, trust, key, ...covered };
}

function checkDev(raw: RawBundle): Skill {
  const manifest = parsesManifests.of(skillMdOf(raw), raw.name);
  checkCapabilities(manifest.permissions);
  const files = new Map([...raw.files].filter(([path]) => path === PATHS.skillMd || !isSignatureFile(path)));
  const digests = digestFiles(files);
  const wasm = files.get(PATHS.wasm);
  const wasmDigest = digests.get(PATHS.wasm);
  return {
    name: manifest.name,
    digest: devDigest(digests),
    form: 'A',
    manifest,
    trust: { kind: 'dev' },
    files,
    ...(wasm === undefined ? {} : { wasm }),
    ...(wasmDigest === undefined ? {} : { wasmDigest }),
  };
}

/** Over every file, as nothing pins them: it differs from every bundle digest and whenever a byte differs. */
function devDigest(digests: ReadonlyMap<BundlePath, string>): Skill['digest'] {
  const lines = [...digests].map(([path, digest]) => `${digest} ${path}\n`);
  return sha256(encodeUtf8(`wirken/dev/v1\0${lines.join('')}`));
}

function refusing(work: () => Verified<Skill>): Verified<Skill> | Refusal {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const { file, remedy } = error.details;
    return {
      kind: 'refused',
      code: error.code,
      message: error.message,
      ...(file === undefined ? {} : { file: shown(file) }),
      remedy: remedy ?? 'Get the bundle again.',
    };
  }
}
