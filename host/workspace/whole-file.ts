import { randomBytes } from 'node:crypto';
import type { DirHandle, Errno, FileHandle } from './layer.ts';

/**
 * Puts `bytes` at `path` as a whole: readers see the old file or the new one, never a part, whatever fails in between. For the host's
 * own writes: the temporary name beside the file must be granted too. `original`: the file that is replaced, if its mode and owner are
 * to stay.
 */
export function writeWholeFile(
  dir: DirHandle,
  path: string,
  bytes: Uint8Array,
  original?: FileHandle,
): Errno | undefined {
  const temporary = temporaryBeside(path);
  const failure = writeNew(dir, temporary, bytes, original) ?? dir.rename(temporary, dir, path);
  if (failure !== undefined) dir.unlink(temporary);
  return failure;
}

/** The same for a file that is not there yet: `exist` if there is one after all, and then nothing of it changes. */
export function createWholeFile(dir: DirHandle, path: string, bytes: Uint8Array): Errno | undefined {
  const temporary = temporaryBeside(path);
  const failure = writeNew(dir, temporary, bytes) ?? dir.link(temporary, false, dir, path);
  dir.unlink(temporary);
  // Some file systems have no second names; there the file grows in its place, and still replaces none.
  if (failure !== 'perm' && failure !== 'notsup' && failure !== 'nosys') return failure;
  const direct = writeNew(dir, path, bytes);
  if (direct !== undefined && direct !== 'exist') dir.unlink(path);
  return direct;
}

function temporaryBeside(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}.wirken-${randomBytes(8).toString('hex')}.tmp`;
}

function writeNew(dir: DirHandle, path: string, bytes: Uint8Array, original?: FileHandle): Errno | undefined {
  const file = dir.open(path, {
    read: false,
    write: true,
    create: true,
    exclusive: true,
    truncate: false,
    directory: false,
    followLast: false,
  });
  if (typeof file === 'string') return file;
  if (file.kind === 'directory') {
    file.close();
    return 'isdir';
  }
  try {
    for (let at = 0; at < bytes.length;) {
      const count = file.write(bytes.subarray(at), BigInt(at));
      if (typeof count === 'string') return count;
      if (count === 0) return 'nospc';
      at += count;
    }
    const failure = original === undefined ? undefined : file.takeRights?.(original);
    if (failure !== undefined) return failure;
    const unsynced = file.sync();
    return unsynced === 'notsup' ? undefined : unsynced;
  } finally {
    file.close();
  }
}
