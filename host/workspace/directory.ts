import { ftruncateSync } from 'node:fs';
import { compareBytes } from '../base/bytes.ts';
import { mayEnter, mayMakeDir, mayMoveDir, mayMoveFile, mayRead, maySee, mayWrite } from './access.ts';
import type { Access } from './access.ts';
import type { Backend, Probe } from './backend.ts';
import { attemptVoid } from './errno.ts';
import { WorkspaceFile } from './file.ts';
import { ANCHOR, ITSELF, LISTED, MEANT, fileFlags } from './flags.ts';
import type { DirEntry, DirHandle, Errno, FileHandle, FileKind, FileStat, OpenHow, TimeToSet } from './layer.ts';
import { parsePath } from './path.ts';
import type { ParsedPath } from './path.ts';
import { resolve } from './resolve.ts';
import type { Place } from './resolve.ts';
import { checkTarget, symlinkFits } from './symlink.ts';

/** Tries when a name turns into a symlink between its resolution and its use. */
const MAX_TRIES = 8;

/** What all handles of one workspace share. */
export interface Tree {
  readonly rootFd: number;
  readonly access: Access;
  readonly backend: Backend;
}

type Path = readonly string[];

/** An open directory of a workspace. */
export class WorkspaceDirectory implements DirHandle {
  readonly kind = 'directory';
  readonly #tree: Tree;
  readonly #owned: boolean;
  #fd: number;

  /** Takes over `fd`, unless it is the tree's root, which stays its opener's. */
  constructor(tree: Tree, fd: number) {
    this.#tree = tree;
    this.#fd = fd;
    this.#owned = fd !== tree.rootFd;
  }

  open(path: string, how: OpenHow): FileHandle | DirHandle | Errno {
    if (how.directory && how.create) return 'inval';
    const asked = this.#ask(path);
    if (typeof asked === 'string') return asked;
    const { parsed, here } = asked;
    if (!parsed.dotdot) {
      // Without a symlink on the way the path as written is the true one: the grant is checked before anything is opened.
      const opened = this.#openTrue(
        this.#fd,
        parsed.segments,
        parsed.text,
        beneath(here, parsed.segments),
        parsed,
        how,
      );
      if (opened !== 'loop' && opened !== 'notcapable') return opened;
    }
    for (let tries = 1; ; tries += 1) {
      const place = this.#resolve(asked, how.followLast && !how.exclusive);
      if (typeof place === 'string') return place;
      using held = place;
      const names = held.name === undefined ? [] : [held.name];
      const path = beneath(here, held.segments);
      const opened = this.#openTrue(held.parentFd, names, held.name ?? '.', path, held, how);
      if (opened !== 'loop' || !how.followLast || tries === MAX_TRIES) return opened;
    }
  }

  stat(): FileStat | Errno {
    return this.#fd < 0 ? 'badf' : this.#tree.backend.stat(this.#fd);
  }

  statAt(path: string, followLast: boolean): FileStat | Errno {
    const asked = this.#ask(path);
    if (typeof asked === 'string') return asked;
    const { parsed, here } = asked;
    const follow = followLast || parsed.directory;
    if (!parsed.dotdot) {
      const stat = this.#statTrue(this.#fd, parsed.segments, parsed.text, beneath(here, parsed.segments), follow);
      if (stat !== 'loop' && stat !== 'notcapable') return onlyDirectory(stat, parsed.directory);
    }
    for (let tries = 1; ; tries += 1) {
      const place = this.#resolve(asked, follow);
      if (typeof place === 'string') return place;
      using held = place;
      const names = held.name === undefined ? [] : [held.name];
      const stat = this.#statTrue(held.parentFd, names, held.name ?? '.', beneath(here, held.segments), follow);
      if (stat !== 'loop' || !follow || tries === MAX_TRIES) return onlyDirectory(stat, held.directory);
    }
  }

  list(): readonly DirEntry[] | Errno {
    const here = this.#here();
    if (typeof here === 'string') return here;
    const { access, backend } = this.#tree;
    const entries = backend.list(this.#fd);
    if (typeof entries === 'string') return entries;
    const seen =
      typeof access === 'string'
        ? entries
        : entries.filter((entry) => isSeen(access, entry.kind, [...here, entry.name]));
    return sortByName(seen);
  }

  mkdir(path: string): Errno | undefined {
    return this.#change(path, (place, canonical) => {
      const { access, backend } = this.#tree;
      if (place.name === undefined) return 'exist';
      if (mayMakeDir(access, canonical)) return backend.mkdir(place.parentFd, place.name);
      if (!mayEnter(access, canonical)) return 'notcapable';
      const stat = backend.statAt(place.parentFd, place.name);
      return typeof stat !== 'string' && stat.kind === 'directory' ? 'exist' : 'notcapable';
    });
  }

  unlink(path: string): Errno | undefined {
    return this.#change(path, (place, canonical) => {
      const { access, backend } = this.#tree;
      if (place.name === undefined) return 'isdir';
      if (!mayWrite(access, canonical)) return 'notcapable';
      if (!place.directory) return backend.unlink(place.parentFd, place.name);
      const stat = backend.statAt(place.parentFd, place.name);
      return typeof stat === 'string' ? stat : stat.kind === 'directory' ? 'isdir' : 'notdir';
    });
  }

  rmdir(path: string): Errno | undefined {
    return this.#change(path, (place, canonical) => {
      if (place.name === undefined) return 'inval';
      if (!mayWrite(this.#tree.access, canonical)) return 'notcapable';
      return this.#tree.backend.rmdir(place.parentFd, place.name);
    });
  }

  rename(from: string, to: DirHandle, toPath: string): Errno | undefined {
    if (!(to instanceof WorkspaceDirectory) || to.#tree !== this.#tree) return 'xdev';
    const { access, backend } = this.#tree;
    return this.#change(from, (source, sourcePath) =>
      to.#change(toPath, (target, targetPath) => {
        if (source.name === undefined || target.name === undefined) return 'busy';
        if (!mayWrite(access, sourcePath) || !mayWrite(access, targetPath)) return 'notcapable';
        const stat = backend.statAt(source.parentFd, source.name);
        if (typeof stat === 'string') return stat;
        if (stat.kind !== 'directory' && (source.directory || target.directory)) return 'notdir';
        const mayMove = stat.kind === 'directory' ? mayMoveDir : mayMoveFile;
        if (!mayMove(access, sourcePath, targetPath)) return 'notcapable';
        if (stat.kind === 'symlink') {
          const failure = symlinkFits(backend, source.parentFd, source.name, target.parent.length);
          if (failure !== undefined) return failure;
        }
        return backend.rename(source.parentFd, source.name, target.parentFd, target.name);
      }),
    );
  }

  link(from: string, followLast: boolean, to: DirHandle, toPath: string): Errno | undefined {
    if (!(to instanceof WorkspaceDirectory) || to.#tree !== this.#tree) return 'xdev';
    const { access, backend } = this.#tree;
    return this.#change(
      from,
      (source, sourcePath) =>
        to.#change(toPath, (target, targetPath) => {
          if (source.name === undefined) return 'perm';
          if (target.name === undefined) return 'exist';
          if (!mayMoveFile(access, sourcePath, targetPath)) return 'notcapable';
          const stat = backend.statAt(source.parentFd, source.name);
          if (typeof stat === 'string') return stat;
          if (stat.kind === 'directory') return 'perm';
          if (stat.kind === 'other') return 'notsup';
          if (source.directory) return 'notdir';
          if (target.directory) return 'noent';
          if (stat.kind === 'symlink') {
            const failure = symlinkFits(backend, source.parentFd, source.name, target.parent.length);
            if (failure !== undefined) return failure;
          }
          return backend.link(source.parentFd, source.name, target.parentFd, target.name);
        }),
      followLast,
    );
  }

  symlink(target: string, path: string): Errno | undefined {
    return this.#change(path, (place, canonical) => {
      const { access, backend } = this.#tree;
      if (place.name === undefined) return 'exist';
      if (!mayWrite(access, canonical)) return 'notcapable';
      const failure = checkTarget(target, place.parent.length);
      if (failure !== undefined) return failure;
      if (!place.directory) return backend.symlink(target, place.parentFd, place.name);
      const stat = backend.statAt(place.parentFd, place.name);
      return typeof stat === 'string' ? stat : stat.kind === 'directory' ? 'exist' : 'notdir';
    });
  }

  readlink(path: string): { readonly target: string } | Errno {
    const asked = this.#ask(path);
    if (typeof asked === 'string') return asked;
    const place = this.#resolve(asked, false);
    if (typeof place === 'string') return place;
    using held = place;
    if (held.name === undefined || held.directory) return 'inval';
    if (!maySee(this.#tree.access, beneath(asked.here, held.segments))) return 'notcapable';
    const link = this.#tree.backend.readlink(held.parentFd, held.name);
    // An absolute target would tell how the host's own directories are called.
    return typeof link !== 'string' && link.target.startsWith('/') ? 'notcapable' : link;
  }

  setTimesAt(path: string, followLast: boolean, atim: TimeToSet, mtim: TimeToSet): Errno | undefined {
    return this.#change(
      path,
      (place, canonical) => {
        const { access, backend } = this.#tree;
        if (!mayWrite(access, canonical)) return 'notcapable';
        const name = place.name ?? '.';
        const stat = backend.statAt(place.parentFd, name);
        if (typeof stat === 'string') return stat;
        if (stat.kind !== 'directory' && place.directory) return 'notdir';
        if (stat.kind === 'file' && stat.nlink > 1n) return 'perm';
        return backend.setTimesAt(place.parentFd, name, atim, mtim);
      },
      followLast,
    );
  }

  sync(): Errno | undefined {
    if (this.#fd < 0) return 'badf';
    const { backend } = this.#tree;
    const fd = backend.open(this.#fd, [], '.', LISTED);
    if (typeof fd === 'string') return fd;
    const failure = backend.sync(fd);
    backend.close(fd);
    return failure;
  }

  close(): void {
    if (this.#owned && this.#fd >= 0) this.#tree.backend.close(this.#fd);
    this.#fd = -1;
  }

  /** The path taken apart, and where this directory is; together, for neither means anything without the other. */
  #ask(path: string): Asked | Errno {
    const parsed = parsePath(path);
    if (typeof parsed === 'string') return parsed;
    const here = this.#here();
    return typeof here === 'string' ? here : { parsed, here };
  }

  /** This directory's canonical path now. Where everything is granted nobody asks, and it stays empty. */
  #here(): Path | Errno {
    if (this.#fd < 0) return 'badf';
    const { access, backend, rootFd } = this.#tree;
    if (typeof access === 'string' || this.#fd === rootFd) return ROOT;
    const root = backend.whereabouts(rootFd);
    if (typeof root === 'string') return root;
    const own = backend.whereabouts(this.#fd);
    if (typeof own === 'string') return own;
    const front = root.path === '/' ? '/' : `${root.path}/`;
    // It was moved out, or removed.
    if (!own.path.startsWith(front)) return 'notcapable';
    return Buffer.from(own.path.slice(front.length), 'latin1').toString('utf8').split('/');
  }

  #resolve(asked: Asked, followLast: boolean): Place | Errno {
    const { access, backend } = this.#tree;
    return resolve(backend, this.#fd, asked.parsed, followLast, (segments) =>
      mayEnter(access, beneath(asked.here, segments)),
    );
  }

  /** Runs `change` on the opened parent and the last name of `path`. */
  #change(
    path: string,
    change: (place: Place, canonical: Path) => Errno | undefined,
    followLast = false,
  ): Errno | undefined {
    const asked = this.#ask(path);
    if (typeof asked === 'string') return asked;
    const place = this.#resolve(asked, followLast);
    if (typeof place === 'string') return place;
    using held = place;
    return change(held, beneath(asked.here, held.segments));
  }

  /** Opens names beneath `fd` that are the true path `canonical`; `loop` if one of them turns out to be a symlink. */
  #openTrue(
    fd: number,
    segments: Path,
    text: string,
    canonical: Path,
    meant: { readonly directory: boolean },
    how: OpenHow,
  ): FileHandle | DirHandle | Errno {
    const { access, backend } = this.#tree;
    const writes = how.write || how.truncate;
    const onlyDirectory = how.directory || meant.directory;
    if (onlyDirectory || !mayUse(access, canonical, how)) {
      if (!mayEnter(access, canonical)) return 'notcapable';
      if (onlyDirectory && how.create) return 'isdir';
      const opened = backend.open(fd, segments, text, ANCHOR);
      // A file here is not granted; nor may one be made.
      if (!onlyDirectory && (opened === 'notdir' || (opened === 'noent' && how.create))) return 'notcapable';
      if (typeof opened === 'string') return opened;
      if (how.directory || !writes) return new WorkspaceDirectory(this.#tree, opened);
      backend.close(opened);
      return 'isdir';
    }
    const opened = backend.open(fd, segments, text, fileFlags(how.read, writes, how.create, how.exclusive));
    if (typeof opened === 'string') return opened;
    const probe = backend.probe(opened);
    if (probe === 'directory') return new WorkspaceDirectory(this.#tree, opened);
    const failure =
      useFailure(probe, writes) ?? (how.truncate ? attemptVoid(() => ftruncateSync(opened, 0)) : undefined);
    if (failure !== undefined) {
      backend.close(opened);
      return failure;
    }
    return new WorkspaceFile(backend, opened, {
      read: how.read,
      write: how.write,
      touch: probe === 'file' && (writes || mayWrite(access, canonical)),
    });
  }

  #statTrue(fd: number, segments: Path, text: string, canonical: Path, follow: boolean): FileStat | Errno {
    const { access, backend } = this.#tree;
    if (!mayEnter(access, canonical)) return 'notcapable';
    const opened = backend.open(fd, segments, text, follow ? MEANT : ITSELF);
    if (typeof opened === 'string') return opened;
    const stat = backend.stat(opened);
    backend.close(opened);
    return typeof stat === 'string' || isSeen(access, stat.kind, canonical) ? stat : 'notcapable';
  }
}

interface Asked {
  readonly parsed: ParsedPath;
  /** Canonical path of the directory that is asked. */
  readonly here: Path;
}

const ROOT: Path = Object.freeze([]);

function beneath(here: Path, segments: Path): Path {
  return here.length === 0 ? segments : [...here, ...segments];
}

function mayUse(access: Access, path: Path, how: OpenHow): boolean {
  const writes = how.write || how.truncate || how.create;
  if (how.read && !mayRead(access, path)) return false;
  if (writes && !mayWrite(access, path)) return false;
  return how.read || writes || maySee(access, path);
}

/** Only regular files are used; one that has a second name, which may be outside, is not written. */
function useFailure(probe: Probe | Errno, writes: boolean): Errno | undefined {
  if (probe === 'file') return undefined;
  if (probe === 'shared-file') return writes ? 'perm' : undefined;
  return probe === 'symlink' || probe === 'other' || probe === 'directory' ? 'notsup' : probe;
}

function isSeen(access: Access, kind: FileKind, path: Path): boolean {
  return kind === 'directory' ? mayEnter(access, path) : maySee(access, path);
}

function onlyDirectory(stat: FileStat | Errno, wanted: boolean): FileStat | Errno {
  return wanted && typeof stat !== 'string' && stat.kind !== 'directory' ? 'notdir' : stat;
}

function sortByName(entries: DirEntry[]): DirEntry[] {
  // Below the surrogates the order of UTF-16 is that of the bytes.
  const plain = entries.every((entry) => !/[\ud800-\uffff]/.test(entry.name));
  return entries.sort(plain ? (a, b) => (a.name < b.name ? -1 : 1) : (a, b) => compareBytes(a.name, b.name));
}
