import type { Errno } from '../../workspace/layer.ts';
import { FDFLAGS_MASK, FDSTAT_BYTES, FILESTAT_BYTES, FILETYPE, MAX_OFFSET, PRESTAT_BYTES, RIGHT } from './abi.ts';
import type { Preview1Call } from './call.ts';
import { ERRNO, errnoOf, SUCCESS } from './errno.ts';
import { atimToSet, giveFilestat, mtimToSet, validTimes } from './stat.ts';
import type { Descriptor, FileDescriptor } from './table.ts';

const LAST_ADVICE = 5;

/** `fd_*` but for moving data and listing. */
export function fdFunctions(call: Preview1Call) {
  const { memory, table } = call;

  /** The open regular file with the right, or the errno of not being one. */
  function fileWith(fd: number, right: number): FileDescriptor | number {
    const descriptor = table.get(fd);
    if (descriptor === undefined) return ERRNO.badf;
    if (descriptor.kind === 'directory') return ERRNO.isdir;
    if (descriptor.kind !== 'file') return ERRNO.spipe;
    return (descriptor.base & right) === 0 ? ERRNO.notcapable : descriptor;
  }

  function sync(fd: number, right: number): number {
    const descriptor = table.get(fd);
    if (descriptor === undefined) return ERRNO.badf;
    if ((descriptor.base & right) === 0) return ERRNO.notcapable;
    if (descriptor.kind === 'file') return errnoOf(descriptor.file.sync());
    return descriptor.kind === 'directory' ? errnoOf(descriptor.dir.sync()) : SUCCESS;
  }

  return {
    fd_advise: (fd: number, offset: bigint, length: bigint, advice: number) => {
      const descriptor = fileWith(fd, RIGHT.fdAdvise);
      if (typeof descriptor === 'number') return descriptor;
      if (offset < 0n || length < 0n || offset + length > MAX_OFFSET) return ERRNO.inval;
      return advice >>> 0 > LAST_ADVICE ? ERRNO.inval : SUCCESS;
    },

    /** The file reaches at least to the end of the range; holes are not filled. */
    fd_allocate: (fd: number, offset: bigint, length: bigint) => {
      const descriptor = fileWith(fd, RIGHT.fdAllocate);
      if (typeof descriptor === 'number') return descriptor;
      if (offset < 0n || length <= 0n) return ERRNO.inval;
      const end = offset + length;
      if (end > MAX_OFFSET) return ERRNO.fbig;
      const stat = descriptor.file.stat();
      if (typeof stat === 'string') return ERRNO[stat];
      return end > stat.size ? errnoOf(call.budget.resize(descriptor.file, end)) : SUCCESS;
    },

    fd_close: (fd: number) => errnoOf(table.close(fd)),
    fd_datasync: (fd: number) => sync(fd, RIGHT.fdDatasync),
    fd_sync: (fd: number) => sync(fd, RIGHT.fdSync),
    fd_renumber: (from: number, to: number) => errnoOf(table.renumber(from, to)),

    fd_fdstat_get: (fd: number, buffer: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      const out = buffer >>> 0;
      if (!memory.has(out, FDSTAT_BYTES)) return ERRNO.fault;
      const { view } = memory;
      view.setUint32(out, fileTypeOf(descriptor) | (descriptor.flags << 16), true);
      view.setUint32(out + 4, 0, true);
      view.setUint32(out + 8, descriptor.base, true);
      view.setUint32(out + 12, 0, true);
      view.setUint32(out + 16, descriptor.inheriting, true);
      view.setUint32(out + 20, 0, true);
      return SUCCESS;
    },

    fd_fdstat_set_flags: (fd: number, flags: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if ((descriptor.base & RIGHT.fdFdstatSetFlags) === 0) return ERRNO.notcapable;
      if ((flags & ~FDFLAGS_MASK) !== 0) return ERRNO.inval;
      descriptor.flags = flags;
      return SUCCESS;
    },

    /** Rights are only ever given up. */
    fd_fdstat_set_rights: (fd: number, base: bigint, inheriting: bigint) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      const wanted = BigInt.asUintN(64, base);
      const wantedInheriting = BigInt.asUintN(64, inheriting);
      if ((wanted & ~BigInt(descriptor.base)) !== 0n) return ERRNO.notcapable;
      if ((wantedInheriting & ~BigInt(descriptor.inheriting)) !== 0n) return ERRNO.notcapable;
      descriptor.base = Number(wanted);
      descriptor.inheriting = Number(wantedInheriting);
      return SUCCESS;
    },

    fd_filestat_get: (fd: number, buffer: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if ((descriptor.base & RIGHT.fdFilestatGet) === 0) return ERRNO.notcapable;
      const out = buffer >>> 0;
      if (!memory.has(out, FILESTAT_BYTES)) return ERRNO.fault;
      if (descriptor.kind === 'source' || descriptor.kind === 'sink') {
        memory.window(out, FILESTAT_BYTES).fill(0);
        return SUCCESS;
      }
      const stat = descriptor.kind === 'file' ? descriptor.file.stat() : descriptor.dir.stat();
      if (typeof stat === 'string') return ERRNO[stat];
      giveFilestat(call, out, stat);
      return SUCCESS;
    },

    fd_filestat_set_size: (fd: number, size: bigint) => {
      const descriptor = fileWith(fd, RIGHT.fdFilestatSetSize);
      if (typeof descriptor === 'number') return descriptor;
      return size < 0n ? ERRNO.inval : errnoOf(call.budget.resize(descriptor.file, size));
    },

    fd_filestat_set_times: (fd: number, atim: bigint, mtim: bigint, flags: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if ((descriptor.base & RIGHT.fdFilestatSetTimes) === 0) return ERRNO.notcapable;
      if (!validTimes(flags)) return ERRNO.inval;
      return errnoOf(setTimes(descriptor, flags, atim, mtim));
    },

    fd_prestat_get: (fd: number, buffer: number) => {
      const descriptor = table.get(fd);
      if (descriptor?.kind !== 'directory' || descriptor.preopen === undefined) return ERRNO.badf;
      const out = buffer >>> 0;
      if (!memory.has(out, PRESTAT_BYTES)) return ERRNO.fault;
      memory.view.setUint32(out, 0, true);
      memory.view.setUint32(out + 4, descriptor.preopen.length, true);
      return SUCCESS;
    },

    fd_prestat_dir_name: (fd: number, path: number, length: number) => {
      const descriptor = table.get(fd);
      if (descriptor?.kind !== 'directory' || descriptor.preopen === undefined) return ERRNO.badf;
      if (length >>> 0 < descriptor.preopen.length) return ERRNO.nametoolong;
      if (!memory.has(path >>> 0, descriptor.preopen.length)) return ERRNO.fault;
      memory.bytes.set(descriptor.preopen, path >>> 0);
      return SUCCESS;
    },
  };
}

function setTimes(descriptor: Descriptor, flags: number, atim: bigint, mtim: bigint): Errno | undefined {
  const access = atimToSet(flags, atim);
  const modification = mtimToSet(flags, mtim);
  if (descriptor.kind === 'file') return descriptor.file.setTimes(access, modification);
  if (descriptor.kind === 'directory') return descriptor.dir.setTimesAt('.', true, access, modification);
  return 'notsup';
}

function fileTypeOf(descriptor: Descriptor): number {
  if (descriptor.kind === 'file') return FILETYPE.file;
  return descriptor.kind === 'directory' ? FILETYPE.directory : FILETYPE.unknown;
}
