import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  type BigIntStats,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ErrorCode, HostError, systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';

/** What every half-made file and directory of ours is called at its start; whoever holds the install lock removes the leftovers. */
export const TEMP_PREFIX = '.tmp-';

/**
 * The whole of a regular file, or `undefined` if it is not there. Never waits on a FIFO, never reads past `maxBytes`.
 * @throws HostError `io` for anything that is no regular file or unreadable, `tooLarge` for what is larger.
 */
export function readWhole(
  path: string,
  maxBytes: number,
  tooLarge: ErrorCode = 'io',
): Uint8Array<ArrayBuffer> | undefined {
  return readIdentified(path, maxBytes, tooLarge)?.bytes;
}

/** The same, with what tells this state of the file from a later one. */
export function readIdentified(
  path: string,
  maxBytes: number,
  tooLarge: ErrorCode = 'io',
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly identity: string } | undefined {
  return asIo(path, () => {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const stat = fstatSync(fd, { bigint: true });
      if (!stat.isFile()) throw new HostError('io', `${shown(path)} is no regular file`, { file: path });
      if (stat.size > BigInt(maxBytes)) {
        throw new HostError(tooLarge, `${shown(path)} is larger than ${maxBytes} bytes`, { file: path });
      }
      const bytes = new Uint8Array(Number(stat.size));
      let at = 0;
      while (at < bytes.length) {
        const count = readSync(fd, bytes, at, bytes.length - at, at);
        if (count === 0) break;
        at += count;
      }
      return { bytes: bytes.subarray(0, at), identity: identify(stat) };
    } finally {
      closeSync(fd);
    }
  });
}

/** The identity of a file that is not there. */
export const NO_FILE = 'none';

/** What `readIdentified` would answer now, without reading. @throws HostError `io` */
export function identityOf(path: string): string {
  return asIo(path, () => {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? NO_FILE : identify(stat);
  });
}

function identify({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

/**
 * Puts a file in the place of another so that a reader and a power cut see the one or the other, whole. Mode 0600.
 * @throws HostError `io`; the old file then stays.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const temp = join(dirname(path), `${TEMP_PREFIX}${basename(path)}-${randomUUID()}`);
  asIo(path, () => {
    try {
      writeDurably(temp, bytes);
      renameSync(temp, path);
      syncDir(dirname(path));
    } catch (error) {
      rmSync(temp, { force: true });
      throw error;
    }
  });
}

/** Removes what a killed `replaceFile` left. Only while nobody else replaces that file. */
export function sweepReplaced(path: string): void {
  const dir = dirname(path);
  asIo(dir, () => {
    for (const name of readdirSync(dir)) {
      if (name.startsWith(`${TEMP_PREFIX}${basename(path)}-`)) rmSync(join(dir, name), { force: true });
    }
  });
}

/** Writes a new file, mode 0600, and waits until the disk has it. */
export function writeDurably(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Waits until the disk has the names in a directory. */
export function syncDir(path: string): void {
  // Windows cannot open a directory; NTFS journals names by itself.
  if (process.platform === 'win32') return;
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The directory, made with mode 0700 if it is missing. */
export function ensureDir(path: string): string {
  asIo(path, () => mkdirSync(path, { recursive: true, mode: 0o700 }));
  return path;
}

/** Runs `work`; a system error in it becomes a HostError `io` about `path`. */
export function asIo<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof HostError || code === undefined) throw error;
    throw new HostError('io', `${shown(path)}: ${IO_REASONS[code] ?? `the system answers ${code}`}`, {
      file: path,
      system: code,
    });
  }
}

const IO_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'not there',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is no directory',
  ELOOP: 'too many symlinks',
  EMFILE: 'too many open files',
  EIO: 'the disk answers with an error',
};
