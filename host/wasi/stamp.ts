import { statSync } from 'node:fs';

/** A file by its absolute path, and what changes whenever its content does. */
export type Stamped = readonly [path: string, stamp: string];

/** Inode, size, mtime and ctime; the last cannot be set back. @throws Error of the file system */
export function stampOf(path: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(path);
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

/** Whether every file is as it was. */
export function areUnchanged(untrusted: unknown): boolean {
  if (!Array.isArray(untrusted)) return false;
  try {
    return untrusted.every(([path, stamp]: Stamped) => stampOf(path) === stamp);
  } catch {
    return false;
  }
}
