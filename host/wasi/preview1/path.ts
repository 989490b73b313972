import { encodeUtf8 } from '../../base/bytes.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import { FILESTAT_BYTES, LOOKUP_FOLLOW, RIGHT } from './abi.ts';
import type { Preview1Call } from './call.ts';
import { ERRNO, errnoOf, SUCCESS } from './errno.ts';
import { pathOpen } from './open.ts';
import { atimToSet, giveFilestat, mtimToSet, validTimes } from './stat.ts';

/** `path_*`. Paths are bytes of the guest made text here and parsed by the layer. */
export function pathFunctions(call: Preview1Call) {
  const { budget, memory, table } = call;

  /** The directory behind a descriptor with the right, or the errno of not being one. */
  function dirWith(fd: number, right: number): DirHandle | number {
    const descriptor = table.get(fd);
    if (descriptor === undefined) return ERRNO.badf;
    if (descriptor.kind !== 'directory') return ERRNO.notdir;
    return (descriptor.base & right) === 0 ? ERRNO.notcapable : descriptor.dir;
  }

  return {
    path_open: pathOpen(call),

    path_create_directory: (fd: number, at: number, length: number) => {
      const dir = dirWith(fd, RIGHT.pathCreateDirectory);
      if (typeof dir === 'number') return dir;
      const path = memory.loadPath(at >>> 0, length >>> 0);
      if (typeof path === 'number') return path;
      return budget.takeName() ? errnoOf(dir.mkdir(path)) : ERRNO.dquot;
    },

    path_filestat_get: (fd: number, lookup: number, at: number, length: number, buffer: number) => {
      const dir = dirWith(fd, RIGHT.pathFilestatGet);
      if (typeof dir === 'number') return dir;
      if ((lookup & ~LOOKUP_FOLLOW) !== 0) return ERRNO.inval;
      const out = buffer >>> 0;
      if (!memory.has(out, FILESTAT_BYTES)) return ERRNO.fault;
      const path = memory.loadPath(at >>> 0, length >>> 0);
      if (typeof path === 'number') return path;
      const stat = dir.statAt(path, lookup === LOOKUP_FOLLOW);
      if (typeof stat === 'string') return ERRNO[stat];
      giveFilestat(call, out, stat);
      return SUCCESS;
    },

    path_filestat_set_times: (
      fd: number,
      lookup: number,
      at: number,
      length: number,
      atim: bigint,
      mtim: bigint,
      flags: number,
    ) => {
      const dir = dirWith(fd, RIGHT.pathFilestatSetTimes);
      if (typeof dir === 'number') return dir;
      if ((lookup & ~LOOKUP_FOLLOW) !== 0 || !validTimes(flags)) return ERRNO.inval;
      const path = memory.loadPath(at >>> 0, length >>> 0);
      if (typeof path === 'number') return path;
      const follow = lookup === LOOKUP_FOLLOW;
      return errnoOf(dir.setTimesAt(path, follow, atimToSet(flags, atim), mtimToSet(flags, mtim)));
    },

    path_link: (
      fromFd: number,
      lookup: number,
      from: number,
      fromLength: number,
      toFd: number,
      to: number,
      toLength: number,
    ) => {
      const source = dirWith(fromFd, RIGHT.pathLinkSource);
      if (typeof source === 'number') return source;
      const target = dirWith(toFd, RIGHT.pathLinkTarget);
      if (typeof target === 'number') return target;
      if ((lookup & ~LOOKUP_FOLLOW) !== 0) return ERRNO.inval;
      const path = memory.loadPath(from >>> 0, fromLength >>> 0);
      if (typeof path === 'number') return path;
      const toPath = memory.loadPath(to >>> 0, toLength >>> 0);
      if (typeof toPath === 'number') return toPath;
      if (!budget.takeName()) return ERRNO.dquot;
      return errnoOf(source.link(path, lookup === LOOKUP_FOLLOW, target, toPath));
    },

    path_readlink: (fd: number, at: number, length: number, buffer: number, size: number, used: number) => {
      const dir = dirWith(fd, RIGHT.pathReadlink);
      if (typeof dir === 'number') return dir;
      const into = buffer >>> 0;
      const out = used >>> 0;
      if (!memory.has(into, size >>> 0) || !memory.has(out, 4)) return ERRNO.fault;
      const path = memory.loadPath(at >>> 0, length >>> 0);
      if (typeof path === 'number') return path;
      const link = dir.readlink(path);
      if (typeof link === 'string') return ERRNO[link];
      const target = encodeUtf8(link.target).subarray(0, size >>> 0);
      memory.bytes.set(target, into);
      memory.view.setUint32(out, target.length, true);
      return SUCCESS;
    },

    path_remove_directory: (fd: number, at: number, length: number) => {
      const dir = dirWith(fd, RIGHT.pathRemoveDirectory);
      if (typeof dir === 'number') return dir;
      const path = memory.loadPath(at >>> 0, length >>> 0);
      return typeof path === 'number' ? path : errnoOf(dir.rmdir(path));
    },

    path_rename: (fromFd: number, from: number, fromLength: number, toFd: number, to: number, toLength: number) => {
      const source = dirWith(fromFd, RIGHT.pathRenameSource);
      if (typeof source === 'number') return source;
      const target = dirWith(toFd, RIGHT.pathRenameTarget);
      if (typeof target === 'number') return target;
      const path = memory.loadPath(from >>> 0, fromLength >>> 0);
      if (typeof path === 'number') return path;
      const toPath = memory.loadPath(to >>> 0, toLength >>> 0);
      if (typeof toPath === 'number') return toPath;
      return errnoOf(source.rename(path, target, toPath));
    },

    path_symlink: (target: number, targetLength: number, fd: number, at: number, length: number) => {
      const dir = dirWith(fd, RIGHT.pathSymlink);
      if (typeof dir === 'number') return dir;
      const text = memory.loadPath(target >>> 0, targetLength >>> 0);
      if (typeof text === 'number') return text;
      const path = memory.loadPath(at >>> 0, length >>> 0);
      if (typeof path === 'number') return path;
      return budget.takeName() ? errnoOf(dir.symlink(text, path)) : ERRNO.dquot;
    },

    path_unlink_file: (fd: number, at: number, length: number) => {
      const dir = dirWith(fd, RIGHT.pathUnlinkFile);
      if (typeof dir === 'number') return dir;
      const path = memory.loadPath(at >>> 0, length >>> 0);
      return typeof path === 'number' ? path : errnoOf(dir.unlink(path));
    },
  };
}
