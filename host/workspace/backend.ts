import type { DirEntry, Errno, FileStat, TimeToSet } from './layer.ts';

type BackendName = 'openat2' | 'walk';

/** What a descriptor stands for; a file with a second name elsewhere is `shared-file`. */
export type Probe = 'file' | 'shared-file' | 'directory' | 'symlink' | 'other';

/**
 * The system calls that the workspace stands on. Descriptors are numbers, names are single segments, and no operation follows a
 * symlink, ever: that is the resolver's work. What a back-end cannot do is `notsup`.
 */
export interface Backend {
  readonly name: BackendName;
  /**
   * Opens `segments` beneath the directory; none opens the directory anew. `loop` if any segment is a symlink, unless it is the last
   * one and `flags` hold O_PATH|O_NOFOLLOW. Answers a descriptor that the caller closes. `text` is the segments joined by `/`, or `.`.
   */
  open(dirFd: number, segments: readonly string[], text: string, flags: number): number | Errno;
  probe(fd: number): Probe | Errno;
  stat(fd: number): FileStat | Errno;
  statAt(dirFd: number, name: string): FileStat | Errno;
  /** In no order; without `.`, `..` and names that are no UTF-8. */
  list(dirFd: number): DirEntry[] | Errno;
  readlink(dirFd: number, name: string): { readonly target: string } | Errno;
  /** The absolute path of the directory now, one character a byte. For comparing, never for opening. */
  whereabouts(dirFd: number): { readonly path: string } | Errno;
  mkdir(dirFd: number, name: string): Errno | undefined;
  unlink(dirFd: number, name: string): Errno | undefined;
  rmdir(dirFd: number, name: string): Errno | undefined;
  rename(fromFd: number, from: string, toFd: number, to: string): Errno | undefined;
  link(fromFd: number, from: string, toFd: number, to: string): Errno | undefined;
  symlink(target: string, dirFd: number, name: string): Errno | undefined;
  setTimesAt(dirFd: number, name: string, atim: TimeToSet, mtim: TimeToSet): Errno | undefined;
  setTimes(fd: number, atim: TimeToSet, mtim: TimeToSet): Errno | undefined;
  sync(fd: number): Errno | undefined;
  close(fd: number): void;
}
