import { compareBytes } from '../../base/bytes.ts';
import type { Errno } from '../../workspace/layer.ts';

/** As Linux has them. */
export const MAX_NAME_BYTES = 255;
export const MAX_TARGET_BYTES = 4096;
export const MAX_SYMLINKS = 40;

export interface ParsedPath {
  /** Not empty; `.` and `..` may be among them. */
  readonly segments: readonly string[];
  /** It ends in a slash, `.` or `..`: what it names must be a directory. */
  readonly directory: boolean;
}

/** The segments of a relative path. Absolute ones are `notcapable`: nothing above the handle exists. */
export function parsePath(untrusted: string): ParsedPath | Errno {
  if (untrusted === '') return 'noent';
  if (untrusted.startsWith('/')) return 'notcapable';
  if (untrusted.includes('\0')) return 'inval';
  const segments: string[] = [];
  for (const segment of untrusted.split('/')) {
    if (segment === '') continue;
    // Three bytes a UTF-16 unit at the most: most names need no count.
    if (segment.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(segment) > MAX_NAME_BYTES) return 'nametoolong';
    segments.push(segment);
  }
  const last = segments.at(-1);
  return { segments, directory: untrusted.endsWith('/') || last === '.' || last === '..' };
}

const SURROGATE = /[\ud800-\udfff]/;

/** The names in the order of their UTF-8 bytes. */
export function sortNames(names: string[]): string[] {
  // Without surrogates, UTF-16 order is that order and much cheaper.
  return names.some((name) => SURROGATE.test(name)) ? names.sort(compareBytes) : names.sort();
}
