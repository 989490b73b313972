import { createHash, hash } from 'node:crypto';
import type { Digest } from './skill.ts';
import { parseDigest } from './names.ts';

/** SHA-256 of the bytes. */
export function sha256(bytes: Uint8Array): Digest {
  return asDigest(hash('sha256', bytes, 'hex'));
}

/** The bundle digest of form A: everything else stands in SKILL.md's `integrity`. */
export function bundleDigestA(skillMd: Uint8Array): Digest {
  return sha256(skillMd);
}

/** The bundle digest of form B. */
export function bundleDigestB(skillMd: Uint8Array, wasm: Uint8Array): Digest {
  return asDigest(createHash('sha256').update(skillMd).update(new Uint8Array(1)).update(wasm).digest('hex'));
}

/** The digest of each file, in the map's order. */
export function digestFiles<Path extends string>(files: ReadonlyMap<Path, Uint8Array>): Map<Path, Digest> {
  const digests = new Map<Path, Digest>();
  for (const [path, bytes] of files) digests.set(path, sha256(bytes));
  return digests;
}

function asDigest(hex: string): Digest {
  const digest = parseDigest(hex);
  if (digest === undefined) throw new TypeError('SHA-256 in another form than hex');
  return digest;
}
