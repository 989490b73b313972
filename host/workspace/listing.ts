import { compareBytes } from '../base/bytes.ts';
import { mayEnter, maySee } from './access.ts';
import type { Access } from './access.ts';
import type { DirEntry, FileKind } from './layer.ts';

/** Whether something of this kind may be seen at this canonical path. */
export function isSeen(access: Access, kind: FileKind, path: readonly string[]): boolean {
  return kind === 'directory' ? mayEnter(access, path) : maySee(access, path);
}

/** The entries of the directory `here` that may be seen, by the bytes of their names. */
export function seenSorted(access: Access, here: readonly string[], entries: DirEntry[]): readonly DirEntry[] {
  const seen =
    typeof access === 'string' ? entries : entries.filter((entry) => isSeen(access, entry.kind, [...here, entry.name]));
  // Below the surrogates the order of UTF-16 is that of the bytes.
  const plain = seen.every((entry) => !/[\ud800-\uffff]/.test(entry.name));
  return seen.sort(plain ? (a, b) => (a.name < b.name ? -1 : 1) : (a, b) => compareBytes(a.name, b.name));
}
