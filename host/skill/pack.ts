import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { compareBytes } from '../base/bytes.ts';
import type { RawBundle } from './bundle.ts';
import { gzip } from './gzip.ts';
import { SIGNATURE_FILES } from './names.ts';
import type { Skill } from './skill.ts';
import { writeUstar } from './ustar.ts';
import type { Verified } from './verified.ts';

/**
 * The `.skill` archive of a verified bundle: its files and signatures, nothing else, byte for byte the same for the same bundle.
 * `raw` is what was verified.
 * @throws HostError `manifest-invalid` without a version; `archive-too-large` for a path that ustar cannot hold.
 */
export function packBundle(raw: RawBundle, verified: Verified<Skill>): Uint8Array<ArrayBuffer> {
  const { name, manifest, files } = verified.value;
  if (manifest.version === undefined) {
    throw new HostError('manifest-invalid', `${shown(raw.source)} has no version, and an archive needs one`, {
      file: `${raw.source}/SKILL.md`,
      remedy: 'Add `version: "1.0.0"` to the frontmatter and sign it again.',
    });
  }
  const packed = new Map<string, Uint8Array>(files);
  for (const path of SIGNATURE_FILES) {
    const bytes = raw.files.get(path);
    if (bytes !== undefined && !packed.has(path)) packed.set(path, bytes);
  }
  const entries = [...packed].map(([path, bytes]) => ({ path: `${name}/${path}`, bytes }));
  return gzip(writeUstar(entries.sort((a, b) => compareBytes(a.path, b.path))));
}
