import type { BundlePath, Digest, PublicKey, SignatureForm } from '../skill.ts';
import type { RawBundle } from '../bundle.ts';
import { decodeHex, decodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { bundleDigestA, bundleDigestB } from '../digest.ts';
import { KEY_BYTES, parsePublicKey, SIGNATURE_BYTES, verifySignature } from '../ed25519.ts';
import { PATHS } from '../names.ts';

/** The bytes that a signature covers directly, and whose it is. */
export interface Signed {
  readonly skillMd: Uint8Array;
  readonly key: PublicKey;
  readonly form: SignatureForm;
  readonly digest: Digest;
}

/**
 * From presence to the signature itself.
 * @throws HostError `signature-missing`, `signature-malformed`, `key-weak`, `key-is-root`, `signature-invalid`, and `manifest-invalid` if
 * there is no SKILL.md at all.
 */
export function checkSignature(raw: RawBundle, roots: ReadonlyMap<PublicKey, string>): Signed {
  const sig = present(raw, PATHS.sig);
  const pub = present(raw, PATHS.pub);
  const signature = hexFile(sig, SIGNATURE_BYTES, PATHS.sig);
  hexFile(pub, KEY_BYTES, PATHS.pub);
  const key = parsePublicKey((decodeUtf8(pub) ?? '').trimEnd());
  if (roots.has(key)) {
    throw new HostError('key-is-root', 'The bundle is signed by a root key itself', {
      file: PATHS.pub,
      remedy: 'A root only delegates: sign with another key and let the root delegate it.',
    });
  }
  const skillMd = skillMdOf(raw);
  const digestA = bundleDigestA(skillMd);
  if (verifySignature(signature, digestBytes(digestA), key)) return { skillMd, key, form: 'A', digest: digestA };
  const wasm = raw.files.get(PATHS.wasm);
  if (wasm !== undefined) {
    const digestB = bundleDigestB(skillMd, wasm);
    if (verifySignature(signature, digestBytes(digestB), key)) return { skillMd, key, form: 'B', digest: digestB };
  }
  throw new HostError('signature-invalid', 'The signature does not fit SKILL.md and the key in SKILL.pub', {
    file: PATHS.sig,
    remedy: 'The bundle was changed after it was signed, or damaged: get it again; as its author, sign it again.',
  });
}

/** @throws HostError `manifest-invalid` */
export function skillMdOf(raw: RawBundle): Uint8Array {
  const skillMd = raw.files.get(PATHS.skillMd);
  if (skillMd !== undefined) return skillMd;
  throw new HostError('manifest-invalid', 'There is no SKILL.md', {
    file: PATHS.skillMd,
    remedy: 'Name the directory that holds SKILL.md itself.',
  });
}

function present(raw: RawBundle, path: BundlePath): Uint8Array {
  const bytes = raw.files.get(path);
  if (bytes !== undefined) return bytes;
  throw new HostError('signature-missing', `There is no ${path}: the bundle is not signed`, {
    file: path,
    remedy: 'Sign it with `wirken skill sign`; an own directory runs unsigned with --dev.',
  });
}

function hexFile(bytes: Uint8Array, length: number, path: string): Uint8Array {
  const text = bytes.length > 2 * length + 1 ? undefined : decodeUtf8(bytes);
  const decoded = text === undefined ? undefined : decodeHex(text.replace(/\n$/, ''));
  if (decoded?.length === length) return decoded;
  throw new HostError('signature-malformed', `${path} is not ${2 * length} lowercase hex digits`, {
    file: path,
    remedy: 'Get the bundle again; as its author, sign it again with `wirken skill sign`.',
  });
}

function digestBytes(digest: Digest): Uint8Array {
  return new Uint8Array(Buffer.from(digest, 'hex'));
}
