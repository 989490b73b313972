import type { BundlePath, Digest, Manifest } from '../skill.ts';
import type { RawBundle } from '../bundle.ts';
import { HostError } from '../../base/error.ts';
import { sha256 } from '../digest.ts';
import { PATHS, SIGNATURE_FILES } from '../names.ts';
import type { Signed } from './signature.ts';

/** What the signature covers, all of it checked. */
export interface Covered {
  readonly files: ReadonlyMap<BundlePath, Uint8Array>;
  readonly wasm?: Uint8Array;
  readonly wasmDigest?: Digest;
}

/**
 * Holds every file against `integrity`: none missing, then none too many, then each with its digest.
 * @throws HostError `integrity-missing-file`, `integrity-extra-file`, `integrity-mismatch`; `downgrade` for form B with an `integrity` key.
 */
export function checkIntegrity(raw: RawBundle, signed: Signed, manifest: Manifest): Covered {
  const wasm = raw.files.get(PATHS.wasm);
  if (signed.form === 'B') return coveredByB(signed, manifest, wasm);
  const listed = manifest.integrity ?? new Map<BundlePath, Digest>();
  for (const path of listed.keys()) {
    if (!raw.files.has(path)) throw fault('integrity-missing-file', path, 'is listed in `integrity` and missing');
  }
  for (const path of raw.files.keys()) {
    // Exactly those four: a SKILL.DELEG is covered by nothing, and `integrity` cannot list it either.
    if (!SIGNATURE_FILES.includes(path) && !listed.has(path))
      throw fault('integrity-extra-file', path, 'is not listed in `integrity`');
  }
  const files = new Map<BundlePath, Uint8Array>([[PATHS.skillMd, signed.skillMd]]);
  for (const [path, digest] of listed) {
    const bytes = raw.files.get(path);
    if (bytes === undefined || sha256(bytes) !== digest)
      throw fault('integrity-mismatch', path, 'is not what was signed');
    files.set(path, bytes);
  }
  const wasmDigest = listed.get(PATHS.wasm);
  return { files, ...(wasm === undefined ? {} : { wasm }), ...(wasmDigest === undefined ? {} : { wasmDigest }) };
}

function coveredByB(signed: Signed, manifest: Manifest, wasm: Uint8Array | undefined): Covered {
  if (wasm === undefined) throw new TypeError('form B is never found without skill.wasm');
  if (manifest.integrity !== undefined) {
    throw new HostError(
      'downgrade',
      'SKILL.md has `integrity`, but the signature is of the older form that covers skill.wasm alone',
      {
        file: PATHS.sig,
        remedy: 'Get the bundle again; as its author, sign it again with `wirken skill sign`.',
      },
    );
  }
  const files = new Map<BundlePath, Uint8Array>([
    [PATHS.skillMd, signed.skillMd],
    [PATHS.wasm, wasm],
  ]);
  return { files, wasm, wasmDigest: sha256(wasm) };
}

function fault(
  code: 'integrity-missing-file' | 'integrity-extra-file' | 'integrity-mismatch',
  path: BundlePath,
  what: string,
): HostError {
  return new HostError(code, `${path} ${what}`, {
    file: path,
    remedy:
      'The bundle was changed after it was signed: get it again; as its author, sign it again with `wirken skill sign`.',
  });
}
