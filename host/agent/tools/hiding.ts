import type { DirEntry, DirHandle, Errno, FileHandle, FileStat, OpenHow, TimeToSet } from '../../workspace/layer.ts';
import { parsePath } from '../../workspace/path.ts';

/** Whether what stands at a path of the workspace may be read, or looked into. */
export type MayRead = (path: string) => boolean;

/**
 * The same directory, whose listings leave out what may not be read: a search through a directory was allowed for the directory, and
 * must not become a way around a rule about what is in it. Names that are asked for singly are the gate's own question.
 */
export function hidingDir(dir: DirHandle, mayRead: MayRead): DirHandle {
  return new HidingDir(dir, [], mayRead);
}

class HidingDir implements DirHandle {
  readonly kind = 'directory';
  readonly #dir: DirHandle;
  readonly #path: readonly string[];
  readonly #mayRead: MayRead;

  constructor(dir: DirHandle, path: readonly string[], mayRead: MayRead) {
    this.#dir = dir;
    this.#path = path;
    this.#mayRead = mayRead;
  }

  list(): readonly DirEntry[] | Errno {
    const entries = this.#dir.list();
    if (typeof entries === 'string') return entries;
    return entries.filter(({ name }) => this.#mayRead([...this.#path, name].join('/')));
  }

  open(path: string, how: OpenHow): FileHandle | DirHandle | Errno {
    const parsed = parsePath(path);
    if (typeof parsed === 'string') return parsed;
    // A path with `..`, or through a symlink, is not the sum of its names.
    if (parsed.dotdot || how.followLast || parsed.segments.length > 1) return 'notsup';
    const opened = this.#dir.open(path, how);
    if (typeof opened === 'string' || opened.kind === 'file') return opened;
    return new HidingDir(opened, [...this.#path, ...parsed.segments], this.#mayRead);
  }

  stat(): FileStat | Errno {
    return this.#dir.stat();
  }

  statAt(path: string, followLast: boolean): FileStat | Errno {
    return this.#dir.statAt(path, followLast);
  }

  readlink(path: string): { readonly target: string } | Errno {
    return this.#dir.readlink(path);
  }

  mkdir(path: string): Errno | undefined {
    return this.#dir.mkdir(path);
  }

  unlink(path: string): Errno | undefined {
    return this.#dir.unlink(path);
  }

  rmdir(path: string): Errno | undefined {
    return this.#dir.rmdir(path);
  }

  rename(): Errno {
    return 'notsup';
  }

  link(): Errno {
    return 'notsup';
  }

  symlink(target: string, path: string): Errno | undefined {
    return this.#dir.symlink(target, path);
  }

  setTimesAt(path: string, followLast: boolean, atim: TimeToSet, mtim: TimeToSet): Errno | undefined {
    return this.#dir.setTimesAt(path, followLast, atim, mtim);
  }

  sync(): Errno | undefined {
    return this.#dir.sync();
  }

  close(): void {
    this.#dir.close();
  }
}
