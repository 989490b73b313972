import type { DirEntry, DirHandle, Errno, FileHandle, FileStat, OpenHow, TimeToSet } from '../layer.ts';
import {
  askHandle,
  askLink,
  askOpen,
  askPath,
  askRead,
  askRename,
  askResize,
  askSetTimes,
  askSetTimesAt,
  askStatAt,
  askSymlink,
  askWrite,
} from './question.ts';
import type { JournalReplayer } from './replayer.ts';
import { sha256 } from './sha256.ts';

/**
 * A directory as it was when the journal was kept: it answers from the journal alone and touches no file. Directories are made in the
 * order in which their recordings were.
 * Every operation @throws JournalDiverged if it is not the next one of the journal.
 */
export function replayingDir(replayer: JournalReplayer): DirHandle {
  return new ReplayingDir(replayer);
}

class ReplayingDir implements DirHandle {
  readonly kind = 'directory';
  readonly #replayer: JournalReplayer;
  readonly #number: number;

  constructor(replayer: JournalReplayer) {
    this.#replayer = replayer;
    this.#number = replayer.nextHandle();
  }

  open(path: string, how: OpenHow): FileHandle | DirHandle | Errno {
    const opened = this.#replayer.ask((to) => askOpen(to, this.#number, path, how)).opened();
    if (typeof opened !== 'string') return opened.refusal;
    return opened === 'file' ? new ReplayingFile(this.#replayer) : new ReplayingDir(this.#replayer);
  }

  stat(): FileStat | Errno {
    return this.#replayer.ask((to) => askHandle(to, 'stat', this.#number)).stat();
  }

  statAt(path: string, followLast: boolean): FileStat | Errno {
    return this.#replayer.ask((to) => askStatAt(to, this.#number, path, followLast)).stat();
  }

  list(): readonly DirEntry[] | Errno {
    return this.#replayer.ask((to) => askHandle(to, 'list', this.#number)).list();
  }

  mkdir(path: string): Errno | undefined {
    return this.#replayer.ask((to) => askPath(to, 'mkdir', this.#number, path)).reply();
  }

  unlink(path: string): Errno | undefined {
    return this.#replayer.ask((to) => askPath(to, 'unlink', this.#number, path)).reply();
  }

  rmdir(path: string): Errno | undefined {
    return this.#replayer.ask((to) => askPath(to, 'rmdir', this.#number, path)).reply();
  }

  rename(from: string, to: DirHandle, toPath: string): Errno | undefined {
    const target = this.#target(to);
    return this.#replayer.ask((asked) => askRename(asked, this.#number, from, target, toPath)).reply();
  }

  link(from: string, followLast: boolean, to: DirHandle, toPath: string): Errno | undefined {
    const target = this.#target(to);
    return this.#replayer.ask((asked) => askLink(asked, this.#number, from, followLast, target, toPath)).reply();
  }

  symlink(target: string, path: string): Errno | undefined {
    return this.#replayer.ask((to) => askSymlink(to, this.#number, target, path)).reply();
  }

  readlink(path: string): { readonly target: string } | Errno {
    return this.#replayer.ask((to) => askPath(to, 'readlink', this.#number, path)).target();
  }

  setTimesAt(path: string, followLast: boolean, atim: TimeToSet, mtim: TimeToSet): Errno | undefined {
    return this.#replayer.ask((to) => askSetTimesAt(to, this.#number, path, followLast, atim, mtim)).reply();
  }

  sync(): Errno | undefined {
    return this.#replayer.ask((to) => askHandle(to, 'sync', this.#number)).reply();
  }

  close(): void {}

  #target(to: DirHandle): number {
    return to instanceof ReplayingDir && to.#replayer === this.#replayer ? to.#number + 1 : 0;
  }
}

class ReplayingFile implements FileHandle {
  readonly kind = 'file';
  readonly #replayer: JournalReplayer;
  readonly #number: number;

  constructor(replayer: JournalReplayer) {
    this.#replayer = replayer;
    this.#number = replayer.nextHandle();
  }

  read(into: Uint8Array, at: bigint): number | Errno {
    const content = this.#replayer.ask((to) => askRead(to, this.#number, at, into.length)).content();
    if (typeof content === 'string') return content;
    into.set(content);
    return content.length;
  }

  write(from: Uint8Array, at: bigint): number | Errno {
    return this.#replayer.ask((to) => askWrite(to, this.#number, at, from.length, sha256(from))).count();
  }

  stat(): FileStat | Errno {
    return this.#replayer.ask((to) => askHandle(to, 'stat', this.#number)).stat();
  }

  resize(bytes: bigint): Errno | undefined {
    return this.#replayer.ask((to) => askResize(to, this.#number, bytes)).reply();
  }

  setTimes(atim: TimeToSet, mtim: TimeToSet): Errno | undefined {
    return this.#replayer.ask((to) => askSetTimes(to, this.#number, atim, mtim)).reply();
  }

  sync(): Errno | undefined {
    return this.#replayer.ask((to) => askHandle(to, 'sync', this.#number)).reply();
  }

  close(): void {}
}
