import type { FileKind } from '../../workspace/layer.ts';

/*
 * Numbers and layouts of WASI preview 1 (`wasi_snapshot_preview1.witx` and its `typenames.witx`).
 */

export const RIGHT = Object.freeze({
  fdDatasync: 1 << 0,
  fdRead: 1 << 1,
  fdSeek: 1 << 2,
  fdFdstatSetFlags: 1 << 3,
  fdSync: 1 << 4,
  fdTell: 1 << 5,
  fdWrite: 1 << 6,
  fdAdvise: 1 << 7,
  fdAllocate: 1 << 8,
  pathCreateDirectory: 1 << 9,
  pathCreateFile: 1 << 10,
  pathLinkSource: 1 << 11,
  pathLinkTarget: 1 << 12,
  pathOpen: 1 << 13,
  fdReaddir: 1 << 14,
  pathReadlink: 1 << 15,
  pathRenameSource: 1 << 16,
  pathRenameTarget: 1 << 17,
  pathFilestatGet: 1 << 18,
  pathFilestatSetSize: 1 << 19,
  pathFilestatSetTimes: 1 << 20,
  fdFilestatGet: 1 << 21,
  fdFilestatSetSize: 1 << 22,
  fdFilestatSetTimes: 1 << 23,
  pathSymlink: 1 << 24,
  pathRemoveDirectory: 1 << 25,
  pathUnlinkFile: 1 << 26,
  pollFdReadwrite: 1 << 27,
});

/** What applies to a regular file. */
export const FILE_RIGHTS =
  RIGHT.fdDatasync |
  RIGHT.fdRead |
  RIGHT.fdSeek |
  RIGHT.fdFdstatSetFlags |
  RIGHT.fdSync |
  RIGHT.fdTell |
  RIGHT.fdWrite |
  RIGHT.fdAdvise |
  RIGHT.fdAllocate |
  RIGHT.fdFilestatGet |
  RIGHT.fdFilestatSetSize |
  RIGHT.fdFilestatSetTimes |
  RIGHT.pollFdReadwrite;

/** What applies to a directory. */
export const DIR_RIGHTS =
  RIGHT.fdFdstatSetFlags |
  RIGHT.fdSync |
  RIGHT.pathCreateDirectory |
  RIGHT.pathCreateFile |
  RIGHT.pathLinkSource |
  RIGHT.pathLinkTarget |
  RIGHT.pathOpen |
  RIGHT.fdReaddir |
  RIGHT.pathReadlink |
  RIGHT.pathRenameSource |
  RIGHT.pathRenameTarget |
  RIGHT.pathFilestatGet |
  RIGHT.pathFilestatSetSize |
  RIGHT.pathFilestatSetTimes |
  RIGHT.fdFilestatGet |
  RIGHT.fdFilestatSetTimes |
  RIGHT.pathSymlink |
  RIGHT.pathRemoveDirectory |
  RIGHT.pathUnlinkFile;

/** Every right that a descriptor of ours can have. */
export const ALL_RIGHTS = FILE_RIGHTS | DIR_RIGHTS;

/** Without seek and tell, and not a character device: a guest's libc buffers it fully. */
export const STDIN_RIGHTS = RIGHT.fdRead | RIGHT.fdFdstatSetFlags | RIGHT.fdFilestatGet | RIGHT.pollFdReadwrite;
export const STDOUT_RIGHTS =
  RIGHT.fdWrite |
  RIGHT.fdFdstatSetFlags |
  RIGHT.fdFilestatGet |
  RIGHT.fdSync |
  RIGHT.fdDatasync |
  RIGHT.pollFdReadwrite;

export const FDFLAG = Object.freeze({ append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 });
export const FDFLAGS_MASK = 31;

export const OFLAG = Object.freeze({ creat: 1, directory: 2, excl: 4, trunc: 8 });
export const OFLAGS_MASK = 15;

export const LOOKUP_FOLLOW = 1;

export const FSTFLAG = Object.freeze({ atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 });
export const FSTFLAGS_MASK = 15;

export const WHENCE = Object.freeze({ set: 0, cur: 1, end: 2 });

export const CLOCK = Object.freeze({ realtime: 0, monotonic: 1 });

export const EVENT = Object.freeze({ clock: 0, fdRead: 1, fdWrite: 2 });

/** `filetype` of each kind; stdio is 0, unknown. */
export const FILETYPE: Readonly<Record<FileKind | 'unknown', number>> = Object.freeze({
  unknown: 0,
  other: 0,
  directory: 3,
  file: 4,
  symlink: 7,
});

export const FDSTAT_BYTES = 24;
export const FILESTAT_BYTES = 64;
export const DIRENT_BYTES = 24;
export const IOVEC_BYTES = 8;
export const PRESTAT_BYTES = 8;
export const SUBSCRIPTION_BYTES = 48;
export const EVENT_BYTES = 32;

/** As Linux has it (`IOV_MAX`); more is `inval`. */
export const MAX_IOVECS = 1024;
/** Over all iovecs of one call, overlapping ones included; more is `inval`. */
export const MAX_TRANSFER_BYTES = 0x7fff_ffff;
/** As Linux has it (`PATH_MAX`); more is `nametoolong`. */
export const MAX_PATH_BYTES = 4096;
/** More is `inval`. */
export const MAX_SUBSCRIPTIONS = 4096;
/** File offsets are signed 64-bit numbers. */
export const MAX_OFFSET = 0x7fff_ffff_ffff_ffffn;
