import { decodeUtf8 } from '../base/bytes.ts';
import type { Backend } from './backend.ts';
import { addDirents } from './dirents.ts';
import { errnoOf } from './errno.ts';
import { KernelFiles } from './kernel-files.ts';
import { ITSELF, LISTED } from './flags.ts';
import type { DirEntry, Errno, FileKind, FileStat, TimeToSet } from './layer.ts';
import { ABI } from './libc.ts';
import type { Libc } from './libc.ts';
import { probeOf, statOf } from './stat.ts';

// RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH. Source: openat2(2).
const RESOLVE = 0x02 | 0x04 | 0x08;
const NEW_FILE_MODE = 0o666;
const NEW_DIR_MODE = 0o777;
const AT_FDCWD = -100;
const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_NOFOLLOW = 0x100;
const UTIME_NOW = 0x3fffffffn;
const UTIME_OMIT = 0x3ffffffen;
const O_CREAT = 0o100;
const SECOND = 1_000_000_000n;
/** A rename anywhere on the system may make the kernel give up on one try. */
const MAX_TRIES = 16;
/** Entries of one listing. */
const MAX_LIST_ENTRIES = 1_000_000;

// One piece of memory whose address C knows: it is never moved, as small typed arrays may be.
const HOW_AT = 0;
const STAT_AT = 64;
const TIMES_AT = 320;
const PATH_AT = 4096;
const PATH2_AT = 12_288;
const OUT_AT = 20_480;
const OUT_BYTES = 65_536;
const ARENA_BYTES = OUT_AT + OUT_BYTES;

/** The back-end on `openat2`, or `undefined` if this kernel (or a filter on it) does not give that call. */
export function openat2Backend(libc: Libc): Backend | undefined {
  if (ABI === undefined) return undefined;
  const { calls, stat: layout } = ABI;
  const { errno } = libc;
  const arena = new ArrayBuffer(ARENA_BYTES);
  const base = libc.address(arena);
  const bytes = Buffer.from(arena);
  const words = new Uint32Array(arena);
  const longs = new BigUint64Array(arena);
  const [how, path, path2, out, times, status] = [HOW_AT, PATH_AT, PATH2_AT, OUT_AT, TIMES_AT, STAT_AT].map(
    (at) => base + BigInt(at),
  );
  if (how === undefined || path === undefined || path2 === undefined) return undefined;
  if (out === undefined || times === undefined || status === undefined) return undefined;
  const int = { return: 'i32' } as const;

  const openat2 = libc.bindUnchecked('syscall', { arguments: ['i32', 'i32', 'pointer', 'pointer', 'u64'], ...int });
  const fstat = libc.bindUnchecked('syscall', { arguments: ['i32', 'i32', 'pointer'], ...int });
  const getdents = libc.bindUnchecked('syscall', { arguments: ['i32', 'i32', 'pointer', 'u64'], ...int });
  const close = libc.bindUnchecked('close', { arguments: ['i32'], ...int });
  const readlinkat = libc.bindUnchecked('readlinkat', { arguments: ['i32', 'pointer', 'pointer', 'u64'], ...int });
  const mkdirat = libc.bindUnchecked('mkdirat', { arguments: ['i32', 'pointer', 'u32'], ...int });
  const unlinkat = libc.bindUnchecked('unlinkat', { arguments: ['i32', 'pointer', 'i32'], ...int });
  const renameat = libc.bindUnchecked('renameat', { arguments: ['i32', 'pointer', 'i32', 'pointer'], ...int });
  const linkat = libc.bindUnchecked('linkat', { arguments: ['i32', 'pointer', 'i32', 'pointer', 'i32'], ...int });
  const symlinkat = libc.bindUnchecked('symlinkat', { arguments: ['pointer', 'i32', 'pointer'], ...int });
  const utimensat = libc.bindUnchecked('utimensat', { arguments: ['i32', 'pointer', 'pointer', 'i32'], ...int });
  const futimens = libc.bindUnchecked('futimens', { arguments: ['i32', 'pointer'], ...int });
  const fsync = libc.bindUnchecked('fsync', { arguments: ['i32'], ...int });

  const fstatfs = libc.bindUnchecked('fstatfs', { arguments: ['i32', 'pointer'], ...int });
  // f_type comes first, a word of 64 bits of which the low half is enough.
  const kernelFiles = new KernelFiles((fd) => (fstatfs(fd, out) < 0 ? undefined : words[OUT_AT >> 2]));

  const failed = (): Errno => errnoOf(errno());
  const done = (result: number): Errno | undefined => (result < 0 ? failed() : undefined);

  /** Texts come parsed, at most MAX_PATH_BYTES long and without zero bytes. */
  const put = (text: string, at: number): void => {
    bytes[at + bytes.write(text, at, 4096, 'utf8')] = 0;
  };
  const name = (text: string): bigint => {
    put(text, PATH_AT);
    return path;
  };
  const name2 = (text: string): bigint => {
    put(text, PATH2_AT);
    return path2;
  };

  const openText = (dirFd: number, text: string, flags: number): number | Errno => {
    put(text, PATH_AT);
    words[0] = flags >>> 0;
    words[2] = (flags & O_CREAT) === 0 ? 0 : NEW_FILE_MODE;
    for (let tries = 1; ; tries += 1) {
      const fd = openat2(calls.openat2, dirFd, path, how, 24n);
      if (fd >= 0) return fd;
      const why = failed();
      if ((why !== 'again' && why !== 'intr') || tries === MAX_TRIES) return why;
    }
  };
  words[4] = RESOLVE;

  const putTime = (time: TimeToSet, at: number): void => {
    // Nanoseconds count upwards from the second before, for times before 1970 too.
    const ns = typeof time === 'bigint' ? BigInt.asUintN(64, ((time % SECOND) + SECOND) % SECOND) : undefined;
    bytes.writeBigInt64LE(ns === undefined || typeof time !== 'bigint' ? 0n : (time - ns) / SECOND, at);
    bytes.writeBigInt64LE(ns ?? (time === undefined ? UTIME_OMIT : UTIME_NOW), at + 8);
  };
  const putTimes = (atim: TimeToSet, mtim: TimeToSet): bigint => {
    putTime(atim, TIMES_AT);
    putTime(mtim, TIMES_AT + 16);
    return times;
  };
  const linkText = (dirFd: number, text: string): Buffer | Errno => {
    const length = readlinkat(dirFd, name(text), out, BigInt(OUT_BYTES));
    return length < 0 ? failed() : bytes.subarray(OUT_AT, OUT_AT + length);
  };

  const statAt = (dirFd: number, text: string): FileStat | Errno => {
    const fd = openText(dirFd, text, ITSELF);
    if (typeof fd === 'string') return fd;
    const stat = statOf(fd);
    close(fd);
    return stat;
  };
  const kindAt = (dirFd: number, text: string): FileKind | undefined => {
    const stat = statAt(dirFd, text);
    return typeof stat === 'string' ? undefined : stat.kind;
  };

  // Known calls refuse the descriptor; an old kernel or a filter refuses the call.
  if (openText(-1, '.', ITSELF) !== 'badf') return undefined;

  return {
    name: 'openat2',
    open: (dirFd, _segments, text, flags) => openText(dirFd, text, flags),
    probe(fd) {
      if (fstat(calls.fstat, fd, status) < 0) return failed();
      const device = longs[STAT_AT >> 3] ?? 0n;
      const probe = probeOf(words[(STAT_AT + layout.modeAt) >> 2] ?? 0, words[(STAT_AT + layout.nlinkAt) >> 2] ?? 0);
      return probe !== 'directory' && kernelFiles.has(fd, device) ? 'other' : probe;
    },
    stat: statOf,
    statAt,
    list(dirFd) {
      const fd = openText(dirFd, '.', LISTED);
      if (typeof fd === 'string') return fd;
      const entries: DirEntry[] = [];
      for (;;) {
        const length = getdents(calls.getdents64, fd, out, BigInt(OUT_BYTES));
        const why = length < 0 ? failed() : entries.length > MAX_LIST_ENTRIES ? 'overflow' : undefined;
        if (length > 0 && why === undefined) {
          // A copy, for asking about one name uses the same memory.
          addDirents(Buffer.from(bytes.subarray(OUT_AT, OUT_AT + length)), entries, (entry) => kindAt(dirFd, entry));
          continue;
        }
        close(fd);
        return why ?? entries;
      }
    },
    readlink(dirFd, link) {
      const target = linkText(dirFd, link);
      if (typeof target === 'string') return target;
      const text = decodeUtf8(target);
      return text === undefined ? 'ilseq' : { target: text };
    },
    whereabouts(dirFd) {
      const link = linkText(AT_FDCWD, `/proc/self/fd/${dirFd}`);
      return typeof link === 'string' ? link : { path: link.toString('latin1') };
    },
    mkdir: (dirFd, text) => done(mkdirat(dirFd, name(text), NEW_DIR_MODE)),
    unlink: (dirFd, text) => done(unlinkat(dirFd, name(text), 0)),
    rmdir: (dirFd, text) => done(unlinkat(dirFd, name(text), AT_REMOVEDIR)),
    rename: (fromFd, from, toFd, to) => done(renameat(fromFd, name(from), toFd, name2(to))),
    link: (fromFd, from, toFd, to) => done(linkat(fromFd, name(from), toFd, name2(to), 0)),
    symlink: (target, dirFd, text) => done(symlinkat(name2(target), dirFd, name(text))),
    setTimesAt: (dirFd, text, atim, mtim) =>
      done(utimensat(dirFd, name(text), putTimes(atim, mtim), AT_SYMLINK_NOFOLLOW)),
    setTimes: (fd, atim, mtim) => done(futimens(fd, putTimes(atim, mtim))),
    sync: (fd) => done(fsync(fd)),
    close: (fd) => void close(fd),
  };
}
