/**
 * The file layer: what a guest's file calls land on. Three things implement it: a workspace (`WorkspaceDir`), the bundle's own files
 * and `/tmp` in memory. Everything is synchronous, for a guest's call is.
 *
 * Refusals are values: each operation answers its result or an `Errno`, and throws only for a bug of ours.
 * Paths are relative to the handle, `/`-separated, not yet parsed; an implementation refuses what it cannot parse.
 */

/** Outcomes of file operations, spelled as WASI preview 1 spells them. */
export type Errno =
  | 'acces'
  | 'again'
  | 'badf'
  | 'busy'
  | 'dquot'
  | 'exist'
  | 'fault'
  | 'fbig'
  | 'ilseq'
  | 'intr'
  | 'inval'
  | 'io'
  | 'isdir'
  | 'loop'
  | 'mfile'
  | 'mlink'
  | 'nametoolong'
  | 'nfile'
  | 'noent'
  | 'nomem'
  | 'nospc'
  | 'nosys'
  | 'notcapable'
  | 'notdir'
  | 'notempty'
  | 'notsup'
  | 'nxio'
  | 'overflow'
  | 'perm'
  | 'pipe'
  | 'rofs'
  | 'spipe'
  | 'txtbsy'
  | 'xdev';

export type FileKind = 'file' | 'directory' | 'symlink' | 'other';

export interface FileStat {
  readonly kind: FileKind;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly nlink: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly atimNs: bigint;
  readonly mtimNs: bigint;
  readonly ctimNs: bigint;
}

export interface DirEntry {
  readonly name: string;
  readonly kind: FileKind;
  readonly ino: bigint;
}

export interface OpenHow {
  readonly read: boolean;
  readonly write: boolean;
  /** Create the file if it is missing. */
  readonly create: boolean;
  /** With `create`: fail if it exists. */
  readonly exclusive: boolean;
  readonly truncate: boolean;
  /** Fail unless it is a directory. */
  readonly directory: boolean;
  /** Follow a symlink in the last segment, as long as it stays beneath. */
  readonly followLast: boolean;
}

/** Nanoseconds since 1970, `'now'`, or `undefined` to leave it. */
export type TimeToSet = bigint | 'now' | undefined;

/** An open regular file. The holder closes it, once. */
export interface FileHandle {
  readonly kind: 'file';
  /** Fills `into` from byte `at` on; answers how many bytes, 0 at the end. */
  read(into: Uint8Array, at: bigint): number | Errno;
  /** Writes all or part of `from` at byte `at`; answers how many bytes. */
  write(from: Uint8Array, at: bigint): number | Errno;
  stat(): FileStat | Errno;
  resize(bytes: bigint): Errno | undefined;
  setTimes(atim: TimeToSet, mtim: TimeToSet): Errno | undefined;
  sync(): Errno | undefined;
  /** Takes over who may do what with another file of the same layer: its mode, and its owner where that is allowed. Absent where files have neither. */
  takeRights?(from: FileHandle): Errno | undefined;
  close(): void;
}

/** An open directory: the capability to what lies beneath it, and to nothing else. The holder closes it, once. */
export interface DirHandle {
  readonly kind: 'directory';
  open(path: string, how: OpenHow): FileHandle | DirHandle | Errno;
  stat(): FileStat | Errno;
  statAt(path: string, followLast: boolean): FileStat | Errno;
  /** Sorted by the bytes of the name; without `.` and `..`, and without names that lead to no grant. */
  list(): readonly DirEntry[] | Errno;
  mkdir(path: string): Errno | undefined;
  unlink(path: string): Errno | undefined;
  rmdir(path: string): Errno | undefined;
  /** `to` must be a handle of the same file system layer; otherwise `xdev`. */
  rename(from: string, to: DirHandle, toPath: string): Errno | undefined;
  link(from: string, followLast: boolean, to: DirHandle, toPath: string): Errno | undefined;
  symlink(target: string, path: string): Errno | undefined;
  readlink(path: string): { readonly target: string } | Errno;
  setTimesAt(path: string, followLast: boolean, atim: TimeToSet, mtim: TimeToSet): Errno | undefined;
  sync(): Errno | undefined;
  close(): void;
}

/** A directory handle at the place where a guest sees it, `/workspace` for instance. */
export interface Mount {
  readonly guestPath: string;
  readonly dir: DirHandle;
}
