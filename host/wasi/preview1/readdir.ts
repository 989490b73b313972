import { encodeUtf8 } from '../../base/bytes.ts';
import type { DirEntry, DirHandle, Errno } from '../../workspace/layer.ts';
import { DIRENT_BYTES, FILETYPE, RIGHT } from './abi.ts';
import type { Preview1Call } from './call.ts';
import { ERRNO, SUCCESS } from './errno.ts';
import type { Listing } from './table.ts';

/**
 * `fd_readdir`. Cookie n is the place before entry n of a listing taken when cookie 0 was asked for, so that a guest which changes the
 * directory while it walks it misses nothing and sees nothing twice. The last entry may be cut where the buffer ends.
 */
export function readdirFunctions(call: Preview1Call) {
  const { memory, table, identities } = call;
  const header = new Uint8Array(DIRENT_BYTES);
  const headerView = new DataView(header.buffer);

  return {
    fd_readdir: (fd: number, buffer: number, length: number, cookie: bigint, used: number) => {
      const descriptor = table.get(fd);
      if (descriptor === undefined) return ERRNO.badf;
      if (descriptor.kind !== 'directory') return ERRNO.notdir;
      if ((descriptor.base & RIGHT.fdReaddir) === 0) return ERRNO.notcapable;
      const start = buffer >>> 0;
      const end = start + (length >>> 0);
      const out = used >>> 0;
      if (!memory.has(start, length >>> 0) || !memory.has(out, 4)) return ERRNO.fault;
      if (cookie === 0n || descriptor.listing === undefined) {
        const listing = listingOf(descriptor.dir);
        if (typeof listing === 'string') return ERRNO[listing];
        descriptor.listing = listing;
      }
      const { dev, entries } = descriptor.listing;
      let at = start;
      for (let index = Number(BigInt.asUintN(64, cookie)); index < entries.length && at < end; index++) {
        at = giveEntry(entries[index], index, dev, at, end);
      }
      memory.view.setUint32(out, at - start, true);
      return SUCCESS;
    },
  };

  /** Writes as much of the entry as fits; answers where the next one starts. */
  function giveEntry(entry: DirEntry | undefined, index: number, dev: bigint, at: number, end: number): number {
    if (entry === undefined) return at;
    const name = encodeUtf8(entry.name);
    headerView.setBigUint64(0, BigInt(index + 1), true);
    headerView.setBigUint64(8, identities.ino(dev, entry.ino), true);
    headerView.setUint32(16, name.length, true);
    headerView.setUint32(20, FILETYPE[entry.kind], true);
    const next = give(header, at, end);
    return give(name, next, end);
  }

  function give(bytes: Uint8Array, at: number, end: number): number {
    const room = end - at;
    memory.bytes.set(bytes.length > room ? bytes.subarray(0, room) : bytes, at);
    return at + Math.min(bytes.length, room);
  }
}

/** With `.` and `..` first. The parent may lie outside of what the guest may see: `..` has the directory's own inode. */
function listingOf(dir: DirHandle): Listing | Errno {
  const stat = dir.stat();
  if (typeof stat === 'string') return stat;
  const entries = dir.list();
  if (typeof entries === 'string') return entries;
  const self = { kind: 'directory', ino: stat.ino } as const;
  return { dev: stat.dev, entries: [{ ...self, name: '.' }, { ...self, name: '..' }, ...entries] };
}
