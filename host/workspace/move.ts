import { mayMoveDir, mayMoveFile, mayWrite } from './access.ts';
import type { Backend } from './backend.ts';
import { ANCHOR } from './flags.ts';
import type { Errno } from './layer.ts';
import type { Place } from './resolve.ts';
import { checkTarget, symlinkFits } from './symlink.ts';
import type { Tree } from './tree.ts';

/** Entries and levels of a directory that is looked through for symlinks before it moves up. */
const MAX_MOVED_ENTRIES = 10_000;
const MAX_MOVED_LEVELS = 64;

/** One end: the opened parent with the name, and the canonical path of both together. */
export interface End {
  readonly place: Place;
  readonly path: readonly string[];
}

/** `sameHandle`: both ends are counted from the same directory. */
export type Move = (tree: Tree, from: End, to: End, sameHandle: boolean) => Errno | undefined;

/** Renames; both ends are granted for writing, and nothing becomes readable, writable or a way out by its new place. */
export function rename({ access, backend }: Tree, from: End, to: End, sameHandle: boolean): Errno | undefined {
  const [source, target] = [from.place, to.place];
  if (source.name === undefined || target.name === undefined) return 'busy';
  if (!mayWrite(access, from.path) || !mayWrite(access, to.path)) return 'notcapable';
  const stat = backend.statAt(source.parentFd, source.name);
  if (typeof stat === 'string') return stat;
  const depth = target.parent.length;
  if (stat.kind === 'directory') {
    if (!mayMoveDir(access, from.path, to.path)) return 'notcapable';
    const sinks = sameHandle && depth >= source.parent.length;
    const failure = sinks ? undefined : symlinksFit(backend, source.parentFd, source.name, depth + 1, { entries: 0 });
    if (failure !== undefined) return failure;
  } else {
    if (source.directory || target.directory) return 'notdir';
    if (!mayMoveFile(access, from.path, to.path)) return 'notcapable';
    const failure = stat.kind === 'symlink' ? symlinkFits(backend, source.parentFd, source.name, depth) : undefined;
    if (failure !== undefined) return failure;
  }
  return backend.rename(source.parentFd, source.name, target.parentFd, target.name);
}

/** Gives a file or symlink a further name, under the same conditions. */
export function link({ access, backend }: Tree, from: End, to: End): Errno | undefined {
  const [source, target] = [from.place, to.place];
  if (source.name === undefined) return 'perm';
  if (target.name === undefined) return 'exist';
  if (!mayMoveFile(access, from.path, to.path)) return 'notcapable';
  const stat = backend.statAt(source.parentFd, source.name);
  if (typeof stat === 'string') return stat;
  if (stat.kind === 'directory') return 'perm';
  if (stat.kind === 'other') return 'notsup';
  if (source.directory) return 'notdir';
  if (target.directory) return 'noent';
  const depth = target.parent.length;
  const failure = stat.kind === 'symlink' ? symlinkFits(backend, source.parentFd, source.name, depth) : undefined;
  return failure ?? backend.link(source.parentFd, source.name, target.parentFd, target.name);
}

/** Whether the symlinks in a directory still stay beneath when it stands `depth` levels deep, its own included. */
function symlinksFit(
  backend: Backend,
  parentFd: number,
  name: string,
  depth: number,
  seen: { entries: number },
): Errno | undefined {
  if (depth > MAX_MOVED_LEVELS) return 'notsup';
  const fd = backend.open(parentFd, [name], name, ANCHOR);
  if (typeof fd === 'string') return fd;
  try {
    const entries = backend.list(fd);
    if (typeof entries === 'string') return entries;
    seen.entries += entries.length;
    if (seen.entries > MAX_MOVED_ENTRIES) return 'notsup';
    for (const entry of entries) {
      const failure =
        entry.kind === 'directory'
          ? symlinksFit(backend, fd, entry.name, depth + 1, seen)
          : entry.kind === 'symlink'
            ? movedSymlinkFits(backend, fd, entry.name, depth)
            : undefined;
      if (failure !== undefined) return failure;
    }
    return undefined;
  } finally {
    backend.close(fd);
  }
}

/** An absolute target means the same everywhere. */
function movedSymlinkFits(backend: Backend, dirFd: number, name: string, depth: number): Errno | undefined {
  const target = backend.readlink(dirFd, name);
  if (typeof target === 'string') return target;
  return target.target.startsWith('/') ? undefined : checkTarget(target.target, depth);
}
