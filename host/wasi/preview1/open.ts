import {
  ALL_RIGHTS,
  DIR_RIGHTS,
  FDFLAG,
  FDFLAGS_MASK,
  FILE_RIGHTS,
  LOOKUP_FOLLOW,
  OFLAG,
  OFLAGS_MASK,
  RIGHT,
} from './abi.ts';
import type { Preview1Call } from './call.ts';
import { ERRNO, SUCCESS } from './errno.ts';
import type { Descriptor } from './table.ts';

/** What a file opened without `fd_write` cannot do to its size. */
const WRITER_RIGHTS = RIGHT.fdWrite | RIGHT.fdAllocate | RIGHT.fdFilestatSetSize;

/** The known rights among 64 bits; unknown ones apply to no descriptor of ours. */
function knownRights(untrusted: bigint): number {
  return Number(BigInt.asUintN(32, untrusted)) & ALL_RIGHTS;
}

/** What the directory must pass on for these `fdflags`. */
function rightsOfFlags(fdflags: number): number {
  let rights = 0;
  if (fdflags & FDFLAG.dsync) rights |= RIGHT.fdDatasync;
  if (fdflags & (FDFLAG.rsync | FDFLAG.sync)) rights |= RIGHT.fdSync;
  return rights;
}

/**
 * `path_open`. `fd_write` among the rights opens for writing, everything else for reading; rights that do not apply to what was opened
 * are dropped, ones that the directory does not pass on are `notcapable`.
 */
export function pathOpen(call: Preview1Call) {
  const { memory, table } = call;
  return (
    fd: number,
    lookup: number,
    at: number,
    length: number,
    oflags: number,
    rights: bigint,
    rightsInheriting: bigint,
    fdflags: number,
    opened: number,
  ): number => {
    const parent = table.get(fd);
    if (parent === undefined) return ERRNO.badf;
    if (parent.kind !== 'directory') return ERRNO.notdir;
    if ((lookup & ~LOOKUP_FOLLOW) | (oflags & ~OFLAGS_MASK) | (fdflags & ~FDFLAGS_MASK)) return ERRNO.inval;

    const creates = (oflags & OFLAG.creat) !== 0;
    const truncates = (oflags & OFLAG.trunc) !== 0;
    const directory = (oflags & OFLAG.directory) !== 0;
    const needed = RIGHT.pathOpen | (creates ? RIGHT.pathCreateFile : 0) | (truncates ? RIGHT.pathFilestatSetSize : 0);
    const base = knownRights(rights);
    const inheriting = knownRights(rightsInheriting);
    if (needed & ~parent.base || (base | inheriting | rightsOfFlags(fdflags)) & ~parent.inheriting)
      return ERRNO.notcapable;

    const writes = (base & RIGHT.fdWrite) !== 0;
    if (directory && (creates || truncates)) return ERRNO.inval;
    const out = opened >>> 0;
    if (!memory.has(out, 4)) return ERRNO.fault;
    const path = memory.loadPath(at >>> 0, length >>> 0);
    if (typeof path === 'number') return path;
    if (table.full) return ERRNO.mfile;
    if (creates && !call.budget.takeName()) return ERRNO.dquot;

    const handle = parent.dir.open(path, {
      read: (base & RIGHT.fdRead) !== 0 || !(writes || truncates),
      write: writes || truncates,
      create: creates,
      exclusive: (oflags & OFLAG.excl) !== 0,
      truncate: truncates,
      directory,
      followLast: lookup === LOOKUP_FOLLOW,
    });
    if (typeof handle === 'string') return ERRNO[handle];
    // A layer may take `directory` to outweigh `write`.
    if (handle.kind === 'directory' && writes) {
      handle.close();
      return ERRNO.isdir;
    }
    if (truncates) call.budget.shrunk();
    const descriptor: Descriptor =
      handle.kind === 'file'
        ? {
            kind: 'file',
            file: handle,
            at: 0n,
            sizeFloor: 0n,
            epoch: 0,
            base: base & FILE_RIGHTS & (writes ? FILE_RIGHTS : ~WRITER_RIGHTS),
            inheriting,
            flags: fdflags,
          }
        : {
            kind: 'directory',
            dir: handle,
            preopen: undefined,
            listing: undefined,
            base: base & DIR_RIGHTS,
            inheriting,
            flags: fdflags,
          };
    const number = table.add(descriptor);
    if (typeof number === 'string') {
      handle.close();
      return ERRNO[number];
    }
    memory.view.setUint32(out, number, true);
    return SUCCESS;
  };
}
