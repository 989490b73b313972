import { decodeUtf8 } from '../base/bytes.ts';
import type { DirEntry, FileKind } from './layer.ts';

const INO_AT = 0;
const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;

/** `d_type`, as dirent.h numbers it; a file system that does not say is asked by the caller. */
const KINDS: { readonly [type: number]: FileKind } = { 4: 'directory', 8: 'file', 10: 'symlink' };
const UNSAID = 0;

/**
 * Adds the entries of one answer of getdents64 to `into`, without `.`, `..` and names that are no UTF-8 (no guest can spell them).
 * `kindOf` is asked where the file system leaves the kind out.
 * Source: getdents(2), struct linux_dirent64.
 */
export function addDirents(from: Buffer, into: DirEntry[], kindOf: (name: string) => FileKind | undefined): void {
  for (let at = 0; at + NAME_AT < from.length;) {
    const length = from.readUInt16LE(at + LENGTH_AT);
    let end = at + NAME_AT;
    let ascii = true;
    for (; end < from.length; end += 1) {
      const byte = from[end] ?? 0;
      if (byte === 0) break;
      if (byte > 0x7f) ascii = false;
    }
    const name = ascii ? from.toString('latin1', at + NAME_AT, end) : decodeUtf8(from.subarray(at + NAME_AT, end));
    if (name !== undefined && name !== '.' && name !== '..') {
      const type = from[at + TYPE_AT] ?? UNSAID;
      const kind = type === UNSAID ? kindOf(name) : (KINDS[type] ?? 'other');
      if (kind !== undefined) into.push({ name, kind, ino: from.readBigUInt64LE(at + INO_AT) });
    }
    if (length === 0) return;
    at += length;
  }
}
