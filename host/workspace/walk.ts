import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { decodeUtf8 } from '../base/bytes.ts';
import type { Backend } from './backend.ts';
import { attempt, attemptVoid } from './errno.ts';
import { ANCHOR, MEANT } from './flags.ts';
import { KernelFiles } from './kernel-files.ts';
import type { DirEntry, Errno, FileStat, TimeToSet } from './layer.ts';
import { lstatOf, statOf } from './stat.ts';

/** Entries of one listing. */
const MAX_LIST_ENTRIES = 1_000_000;
const NEW_FILE_MODE = 0o666;
const NEW_DIR_MODE = 0o777;

// The kernel resolves the magic link to the open directory itself, whatever its path is by now; behind it stands one name.
function at(dirFd: number, name: string): string {
  return `/proc/self/fd/${dirFd}/${name}`;
}

function openOne(dirFd: number, name: string, flags: number): number | Errno {
  const fd = attempt(() => openSync(at(dirFd, name), flags | constants.O_NOFOLLOW, NEW_FILE_MODE));
  // A symlink in the place of a directory is ENOTDIR for the kernel; the port calls it `loop`.
  if (fd === 'notdir' && isSymlink(dirFd, name)) return 'loop';
  if (typeof fd === 'string' || flags !== MEANT || probe(fd) !== 'symlink') return fd;
  closeSync(fd);
  return 'loop';
}

function isSymlink(dirFd: number, name: string): boolean {
  const stat = lstatOf(at(dirFd, name));
  return typeof stat !== 'string' && stat.kind === 'symlink';
}

function open(dirFd: number, segments: readonly string[], _text: string, flags: number): number | Errno {
  let current = dirFd;
  try {
    for (const segment of segments.slice(0, -1)) {
      const next = openOne(current, segment, ANCHOR);
      if (typeof next === 'string') return next;
      if (current !== dirFd) closeSync(current);
      current = next;
    }
    return openOne(current, segments.at(-1) ?? '.', flags);
  } finally {
    if (current !== dirFd) closeSync(current);
  }
}

const kernelFiles = new KernelFiles((fd) => {
  const stat = attempt(() => statfsSync(`/proc/self/fd/${fd}`));
  return typeof stat === 'string' ? undefined : stat.type;
});

function probe(fd: number): ReturnType<Backend['probe']> {
  const stat = statOf(fd);
  if (typeof stat === 'string') return stat;
  if (stat.kind === 'file' && kernelFiles.has(fd, stat.dev)) return 'other';
  return stat.kind === 'file' && stat.nlink > 1n ? 'shared-file' : stat.kind;
}

function list(dirFd: number): DirEntry[] | Errno {
  const names = attempt(() => readdirSync(`/proc/self/fd/${dirFd}/.`, { encoding: 'buffer' }));
  if (typeof names === 'string') return names;
  if (names.length > MAX_LIST_ENTRIES) return 'overflow';
  const entries: DirEntry[] = [];
  for (const bytes of names) {
    const name = decodeUtf8(bytes);
    if (name === undefined) continue;
    const stat = lstatOf(at(dirFd, name));
    // Gone since: then it is not listed either.
    if (typeof stat !== 'string') entries.push({ name, kind: stat.kind, ino: stat.ino });
  }
  return entries;
}

/** As Node takes it: seconds with about a microsecond. A negative number would mean now, hence a Date before 1970. */
function nodeTime(time: TimeToSet, before: bigint): number | Date {
  if (time === 'now') return new Date();
  const ns = Number(time ?? before);
  return ns < 0 ? new Date(ns / 1e6) : ns / 1e9;
}

function setTimesBy(
  stat: FileStat | Errno,
  atim: TimeToSet,
  mtim: TimeToSet,
  set: (atime: number | Date, mtime: number | Date) => void,
): Errno | undefined {
  if (typeof stat === 'string') return stat;
  return attemptVoid(() => set(nodeTime(atim, stat.atimNs), nodeTime(mtim, stat.mtimNs)));
}

/**
 * The back-end without FFI: one segment at a time through `/proc/self/fd/<descriptor>/<segment>` with O_NOFOLLOW. It works under
 * `--permission --allow-fs-read=/proc/self/fd/ --allow-fs-write=/proc/self/fd/`, where symlink and sync are `notsup`.
 */
export const walkBackend: Backend = {
  name: 'walk',
  open,
  probe,
  stat: statOf,
  statAt: (dirFd, name) => lstatOf(at(dirFd, name)),
  list,
  readlink(dirFd, name) {
    const bytes = attempt(() => readlinkSync(at(dirFd, name), 'buffer'));
    if (typeof bytes === 'string') return bytes;
    const target = decodeUtf8(bytes);
    return target === undefined ? 'ilseq' : { target };
  },
  whereabouts(dirFd) {
    const link = attempt(() => readlinkSync(`/proc/self/fd/${dirFd}`, 'buffer'));
    return typeof link === 'string' ? link : { path: link.toString('latin1') };
  },
  mkdir: (dirFd, name) => attemptVoid(() => mkdirSync(at(dirFd, name), NEW_DIR_MODE)),
  unlink: (dirFd, name) => attemptVoid(() => unlinkSync(at(dirFd, name))),
  rmdir: (dirFd, name) => attemptVoid(() => rmdirSync(at(dirFd, name))),
  rename: (fromFd, from, toFd, to) => attemptVoid(() => renameSync(at(fromFd, from), at(toFd, to))),
  link: (fromFd, from, toFd, to) => attemptVoid(() => linkSync(at(fromFd, from), at(toFd, to))),
  symlink: (target, dirFd, name) => attemptVoid(() => symlinkSync(target, at(dirFd, name))),
  setTimesAt: (dirFd, name, atim, mtim) =>
    setTimesBy(lstatOf(at(dirFd, name)), atim, mtim, (atime, mtime) => lutimesSync(at(dirFd, name), atime, mtime)),
  setTimes: (fd, atim, mtim) =>
    setTimesBy(statOf(fd), atim, mtim, (atime, mtime) => utimesSync(`/proc/self/fd/${fd}`, atime, mtime)),
  sync: (fd) => attemptVoid(() => fsyncSync(fd)),
  close: closeSync,
};
