import { fstatSync, lstatSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { Probe } from './backend.ts';
import { attempt } from './errno.ts';
import type { Errno, FileKind, FileStat } from './layer.ts';

const FILE_TYPE = 0o170000;

/** The kind in a `st_mode`. Source: inode(7). */
function kindOfMode(mode: number): FileKind {
  const type = mode & FILE_TYPE;
  if (type === 0o100000) return 'file';
  if (type === 0o040000) return 'directory';
  return type === 0o120000 ? 'symlink' : 'other';
}

export function probeOf(mode: number, nlink: number): Probe {
  const kind = kindOfMode(mode);
  return kind === 'file' && nlink > 1 ? 'shared-file' : kind;
}

/** Of an open descriptor, O_PATH included. */
export function statOf(fd: number): FileStat | Errno {
  return attempt(() => translated(fstatSync(fd, { bigint: true })));
}

/** Of what stands at `path` itself. */
export function lstatOf(path: string): FileStat | Errno {
  return attempt(() => translated(lstatSync(path, { bigint: true })));
}

function translated(stats: BigIntStats): FileStat {
  return {
    kind: kindOfMode(Number(stats.mode)),
    dev: stats.dev,
    ino: stats.ino,
    nlink: stats.nlink,
    size: stats.size,
    atimNs: stats.atimeNs,
    mtimNs: stats.mtimeNs,
    ctimNs: stats.ctimeNs,
  };
}
