import { HostError } from '../../base/error.ts';
import type { DirHandle, FileHandle, FileStat } from '../../workspace/layer.ts';
import { createWholeFile, writeWholeFile } from '../../workspace/whole-file.ts';
import { demand, failureOf } from './failure.ts';
import { directoryIn, fileIn, openDirectory, openParent, pathText, READ, segmentsOf, WRITE } from './where.ts';

/** Bytes of a file that is written or edited. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** Makes a file that is not there, with the directories on the way to it. @throws HostError, `io` if it is there by now */
export function createFile(dir: DirHandle, path: string, bytes: Uint8Array): void {
  const segments = segmentsOf(path);
  const name = segments.at(-1) ?? '.';
  const parent = makeDirectories(dir, segments.slice(0, -1));
  try {
    const failure = createWholeFile(parent, name, bytes);
    if (failure === 'exist') throw changed(path, 'was made');
    if (failure !== undefined) throw failureOf(path, failure);
  } finally {
    parent.close();
  }
}

/**
 * Replaces the file at a true path by what `next` makes of it, as a whole: whoever reads it meanwhile sees all of the old or all of the
 * new. `next` gets the open file, for reading, and its bytes as far as it asks for them.
 * @throws HostError, `io` if it is gone or was changed by someone else meanwhile
 */
export function replaceFile(dir: DirHandle, path: string, next: (original: FileHandle) => Uint8Array): void {
  const { parent, name } = openParent(dir, path);
  try {
    // Opened for writing though it is replaced: a file that may not be written, or has a second name, is not to be changed this way.
    const writable = fileIn(parent, name, WRITE, path);
    try {
      const original = fileIn(parent, name, READ, path);
      try {
        const before = demand(path, original.stat());
        const bytes = next(original);
        if (!isSame(before, parent.statAt(name, false))) throw changed(path, 'changed');
        const failure = writeWholeFile(parent, name, bytes, writable);
        if (failure !== undefined) throw failureOf(path, failure);
      } finally {
        original.close();
      }
    } finally {
      writable.close();
    }
  } finally {
    parent.close();
  }
}

function makeDirectories(dir: DirHandle, segments: readonly string[]): DirHandle {
  let current = openDirectory(dir, []);
  for (const [at, name] of segments.entries()) {
    const path = segments.slice(0, at + 1).join('/');
    try {
      const failure = current.mkdir(name);
      if (failure !== undefined && failure !== 'exist') throw failureOf(path, failure);
      const next = directoryIn(current, name, path);
      current.close();
      current = next;
    } catch (error) {
      current.close();
      throw error;
    }
  }
  return current;
}

function isSame(before: FileStat, now: FileStat | string): boolean {
  return (
    typeof now !== 'string' &&
    now.ino === before.ino &&
    now.dev === before.dev &&
    now.size === before.size &&
    now.mtimNs === before.mtimNs
  );
}

function changed(path: string, what: string): HostError {
  return new HostError('io', `${pathText(path)} ${what} by someone else meanwhile; nothing was written`, {
    remedy: 'Read it again, then decide.',
  });
}
