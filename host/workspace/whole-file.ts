import { randomBytes } from 'node:crypto';
import type { DirHandle, Errno } from './layer.ts';

/**
 * Puts `bytes` at `path` as a whole: readers see the old file or the new one, never a part, whatever fails in between. For the host's
 * own writes: the temporary name beside the file must be granted too.
 */
export function writeWholeFile(dir: DirHandle, path: string, bytes: Uint8Array): Errno | undefined {
  const slash = path.lastIndexOf('/') + 1;
  const temporary = `${path.slice(0, slash)}.wirken-${randomBytes(8).toString('hex')}.tmp`;
  const failure = writeNew(dir, temporary, bytes) ?? dir.rename(temporary, dir, path);
  if (failure !== undefined) dir.unlink(temporary);
  return failure;
}

function writeNew(dir: DirHandle, path: string, bytes: Uint8Array): Errno | undefined {
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
    const failure = file.sync();
    return failure === 'notsup' ? undefined : failure;
  } finally {
    file.close();
  }
}
