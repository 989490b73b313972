import type { Errno } from '../../workspace/layer.ts';
import { GuestStop } from '../world.ts';
import { FDFLAG, MAX_OFFSET, RIGHT, WHENCE } from './abi.ts';
import type { Preview1Call } from './call.ts';
import { ERRNO, SUCCESS } from './errno.ts';
import type { Descriptor, FileDescriptor, SinkDescriptor, SourceDescriptor } from './table.ts';

/** The errno of moving data through a descriptor that lacks a right: what a POSIX program expects of a directory, else `notcapable`. */
function lacking(descriptor: Descriptor): number {
  return descriptor.kind === 'directory' ? ERRNO.isdir : ERRNO.notcapable;
}

/** `fd_read`, `fd_write`, `fd_pread`, `fd_pwrite`, `fd_seek`, `fd_tell`. */
export function fdIoFunctions(call: Preview1Call) {
  const { memory, table } = call;

  function finish(moved: number | Errno, out: number): number {
    if (typeof moved === 'string') return ERRNO[moved];
    memory.view.setUint32(out, moved, true);
    return SUCCESS;
  }

  return {
    fd_read: (fd: number, iovs: number, count: number, size: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if ((descriptor.base & RIGHT.fdRead) === 0) return lacking(descriptor);
      const out = size >>> 0;
      if (!memory.has(out, 4)) return ERRNO.fault;
      const loaded = memory.loadIovecs(iovs >>> 0, count >>> 0);
      if (typeof loaded === 'string') return ERRNO[loaded];
      if (descriptor.kind === 'source') {
        return finish(readSource(call, descriptor, loaded), out);
      }
      if (descriptor.kind !== 'file') return ERRNO.badf;
      const moved = readFile(call, descriptor, loaded, descriptor.at);
      if (typeof moved === 'number') descriptor.at += BigInt(moved);
      return finish(moved, out);
    },

    fd_pread: (fd: number, iovs: number, count: number, offset: bigint, size: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if (descriptor.kind === 'source' || descriptor.kind === 'sink') return ERRNO.spipe;
      const rights = RIGHT.fdRead | RIGHT.fdSeek;
      if ((descriptor.base & rights) !== rights) return lacking(descriptor);
      if (descriptor.kind !== 'file') return ERRNO.isdir;
      const out = size >>> 0;
      if (offset < 0n) return ERRNO.inval;
      if (!memory.has(out, 4)) return ERRNO.fault;
      const loaded = memory.loadIovecs(iovs >>> 0, count >>> 0);
      if (typeof loaded === 'string') return ERRNO[loaded];
      return finish(readFile(call, descriptor, loaded, offset), out);
    },

    fd_write: (fd: number, iovs: number, count: number, size: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if ((descriptor.base & RIGHT.fdWrite) === 0) return lacking(descriptor);
      const out = size >>> 0;
      if (!memory.has(out, 4)) return ERRNO.fault;
      const loaded = memory.loadIovecs(iovs >>> 0, count >>> 0);
      if (typeof loaded === 'string') return ERRNO[loaded];
      if (descriptor.kind === 'sink') return finish(writeSink(call, descriptor, loaded), out);
      if (descriptor.kind !== 'file') return ERRNO.badf;
      let at = descriptor.at;
      if (descriptor.flags & FDFLAG.append) {
        const stat = descriptor.file.stat();
        if (typeof stat === 'string') return ERRNO[stat];
        at = stat.size;
      }
      const moved = writeFile(call, descriptor, loaded, at);
      if (typeof moved === 'number') descriptor.at = at + BigInt(moved);
      return finish(moved, out);
    },

    fd_pwrite: (fd: number, iovs: number, count: number, offset: bigint, size: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if (descriptor.kind === 'source' || descriptor.kind === 'sink') return ERRNO.spipe;
      const rights = RIGHT.fdWrite | RIGHT.fdSeek;
      if ((descriptor.base & rights) !== rights) return lacking(descriptor);
      if (descriptor.kind !== 'file') return ERRNO.isdir;
      const out = size >>> 0;
      if (offset < 0n) return ERRNO.inval;
      if (!memory.has(out, 4)) return ERRNO.fault;
      const loaded = memory.loadIovecs(iovs >>> 0, count >>> 0);
      if (typeof loaded === 'string') return ERRNO[loaded];
      return finish(writeFile(call, descriptor, loaded, offset), out);
    },

    fd_seek: (fd: number, offset: bigint, whence: number, newOffset: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if (descriptor.kind === 'source' || descriptor.kind === 'sink') return ERRNO.spipe;
      if (descriptor.kind === 'directory') return ERRNO.isdir;
      const asksOnly = whence === WHENCE.cur && offset === 0n;
      const enough = asksOnly ? RIGHT.fdSeek | RIGHT.fdTell : RIGHT.fdSeek;
      if ((descriptor.base & enough) === 0) return ERRNO.notcapable;
      const out = newOffset >>> 0;
      if (!memory.has(out, 8)) return ERRNO.fault;
      let from = 0n;
      if (whence === WHENCE.cur) from = descriptor.at;
      else if (whence === WHENCE.end) {
        const stat = descriptor.file.stat();
        if (typeof stat === 'string') return ERRNO[stat];
        from = stat.size;
      } else if (whence !== WHENCE.set) return ERRNO.inval;
      const at = from + offset;
      if (at < 0n || at > MAX_OFFSET) return ERRNO.inval;
      descriptor.at = at;
      memory.view.setBigUint64(out, at, true);
      return SUCCESS;
    },

    fd_tell: (fd: number, offset: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if (descriptor.kind === 'source' || descriptor.kind === 'sink') return ERRNO.spipe;
      if (descriptor.kind === 'directory') return ERRNO.isdir;
      if ((descriptor.base & RIGHT.fdTell) === 0) return ERRNO.notcapable;
      if (!memory.has(offset >>> 0, 8)) return ERRNO.fault;
      memory.view.setBigUint64(offset >>> 0, descriptor.at, true);
      return SUCCESS;
    },
  };
}

/** Fills the loaded iovecs in order until one stays short. An error after the first bytes is left for the next call. */
function readFile({ memory }: Preview1Call, { file }: FileDescriptor, count: number, at: bigint): number | Errno {
  let moved = 0;
  let from = at;
  for (let index = 0; index < count; index++) {
    const length = memory.iovecLength(index);
    if (length === 0) continue;
    const read = file.read(memory.iovec(index), from);
    if (typeof read === 'string') return moved === 0 ? read : moved;
    moved += read;
    if (read < length) break;
    from += BigInt(read);
  }
  return moved;
}

function writeFile(call: Preview1Call, descriptor: FileDescriptor, count: number, at: bigint): number | Errno {
  const { memory } = call;
  let moved = 0;
  let to = at;
  for (let index = 0; index < count; index++) {
    const length = memory.iovecLength(index);
    if (length === 0) continue;
    if (to + BigInt(length) > MAX_OFFSET) return moved === 0 ? 'fbig' : moved;
    const written = call.budget.write(descriptor, memory.iovec(index), to);
    if (typeof written === 'string') return moved === 0 ? written : moved;
    moved += written;
    if (written < length) break;
    to += BigInt(written);
  }
  if (descriptor.flags & (FDFLAG.dsync | FDFLAG.sync) && moved > 0) return descriptor.file.sync() ?? moved;
  return moved;
}

/** Fills only the first iovec that takes bytes: after one read another could wait for bytes that nobody sends. */
function readSource(call: Preview1Call, { source }: SourceDescriptor, count: number): number {
  const { memory } = call;
  let index = 0;
  while (index < count && memory.iovecLength(index) === 0) index++;
  if (index === count) return 0;
  try {
    return source.read(memory.iovec(index));
  } catch (error) {
    return stopped(call, error);
  }
}

/** A stop ends the guest even if it catches what passes through it. */
function stopped(call: Preview1Call, error: unknown): never {
  if (error instanceof GuestStop) call.end(error);
  throw error;
}

function writeSink(call: Preview1Call, { sink }: SinkDescriptor, count: number): number {
  const { memory } = call;
  let moved = 0;
  try {
    for (let index = 0; index < count; index++) {
      const length = memory.iovecLength(index);
      if (length === 0) continue;
      sink.write(memory.iovec(index));
      moved += length;
    }
  } catch (error) {
    return stopped(call, error);
  }
  return moved;
}
