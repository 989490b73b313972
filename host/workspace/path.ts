import { MAX_NAME_BYTES, MAX_PATH_BYTES } from '../base/path-limits.ts';
import type { Errno } from './layer.ts';

/** A guest's path, taken apart; nothing has been looked up yet. */
export interface ParsedPath {
  /** Names and `..`; no `.`, no empty one. Empty for the directory itself. */
  readonly segments: readonly string[];
  /** The segments joined by `/`; `.` for the directory itself. */
  readonly text: string;
  /** It holds a `..`, so it means nothing before symlinks are known. */
  readonly dotdot: boolean;
  /** It ends with `/`, `/.` or `/..`: only a directory can be meant. */
  readonly directory: boolean;
}

/**
 * Takes apart a path that is relative to a directory handle.
 * `noent`: empty. `inval`: a zero byte. `ilseq`: ill-formed Unicode. `nametoolong`: over 255 bytes a name or 4,095 in all.
 * `notcapable`: absolute, or more `..` than names before them.
 */
export function parsePath(untrusted: string): ParsedPath | Errno {
  if (untrusted.length === 0) return 'noent';
  if (!untrusted.isWellFormed()) return 'ilseq';
  if (untrusted.includes('\0')) return 'inval';
  if (untrusted.length > MAX_PATH_BYTES || Buffer.byteLength(untrusted) > MAX_PATH_BYTES) return 'nametoolong';
  if (untrusted.startsWith('/')) return 'notcapable';

  const parts = untrusted.split('/');
  const segments: string[] = [];
  let depth = 0;
  let dotdot = false;
  for (const part of parts) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      dotdot = true;
      depth -= 1;
      if (depth < 0) return 'notcapable';
    } else {
      if (part.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(part) > MAX_NAME_BYTES) return 'nametoolong';
      depth += 1;
    }
    segments.push(part);
  }
  const last = parts.at(-1);
  const plain = segments.length === parts.length;
  return {
    segments,
    text: plain ? untrusted : segments.length === 0 ? '.' : segments.join('/'),
    dotdot,
    directory: last === '' || last === '.' || last === '..',
  };
}
