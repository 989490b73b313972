import { mayEnter, mayMakeDir, maySee, mayWrite } from './access.ts';
import { LISTED } from './flags.ts';
import type { DirEntry, DirHandle, Errno, FileHandle, FileStat, OpenHow, TimeToSet } from './layer.ts';
import { seenSorted } from './listing.ts';
import { link, rename } from './move.ts';
import type { Move } from './move.ts';
import { parsePath } from './path.ts';
import type { ParsedPath } from './path.ts';
import { resolve } from './resolve.ts';
import type { Place } from './resolve.ts';
import { checkTarget } from './symlink.ts';
import type { Tree } from './tree.ts';
import { openTrue, statTrue } from './true-path.ts';
import type { OpenedDirectory, TruePath } from './true-path.ts';

/** Tries when a name turns into a symlink between its resolution and its use. */
const MAX_TRIES = 8;

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
      const written = { ...parsed, dirFd: this.#fd, canonical: beneath(here, parsed.segments) };
      const opened = openTrue(this.#tree, written, how);
      if (opened !== 'loop' && opened !== 'notcapable') return this.#own(opened);
    }
    const follow = (how.followLast || parsed.directory) && !how.exclusive;
    for (let tries = 1; ; tries += 1) {
      const place = this.#resolve(asked, follow);
      if (typeof place === 'string') return place;
      using held = place;
      const opened = openTrue(this.#tree, truePath(held, here), how);
      if (opened !== 'loop' || !follow || tries === MAX_TRIES) return this.#own(opened);
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
      const stat = statTrue(
        this.#tree,
        { ...parsed, dirFd: this.#fd, canonical: beneath(here, parsed.segments) },
        follow,
      );
      if (stat !== 'loop' && stat !== 'notcapable') return stat;
    }
    for (let tries = 1; ; tries += 1) {
      const place = this.#resolve(asked, follow);
      if (typeof place === 'string') return place;
      using held = place;
      const stat = statTrue(this.#tree, truePath(held, here), follow);
      if (stat !== 'loop' || !follow || tries === MAX_TRIES) return stat;
    }
  }

  list(): readonly DirEntry[] | Errno {
    const here = this.#here();
    if (typeof here === 'string') return here;
    const { access, backend } = this.#tree;
    const entries = backend.list(this.#fd);
    return typeof entries === 'string' ? entries : seenSorted(access, here, entries);
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
    return this.#changeBoth(from, false, to, toPath, rename);
  }

  link(from: string, followLast: boolean, to: DirHandle, toPath: string): Errno | undefined {
    return this.#changeBoth(from, followLast, to, toPath, link);
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

  #own(opened: FileHandle | OpenedDirectory | Errno): FileHandle | DirHandle | Errno {
    return typeof opened !== 'string' && 'directoryFd' in opened
      ? new WorkspaceDirectory(this.#tree, opened.directoryFd)
      : opened;
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
    // `.` of the root is another descriptor of the same directory.
    if (own.path === root.path) return ROOT;
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

  /** Runs `change` on both opened parents and last names. */
  #changeBoth(from: string, followLast: boolean, to: DirHandle, toPath: string, change: Move): Errno | undefined {
    if (!(to instanceof WorkspaceDirectory) || to.#tree !== this.#tree) return 'xdev';
    return this.#change(
      from,
      (source, path) =>
        to.#change(toPath, (target, targetPath) =>
          change(this.#tree, { place: source, path }, { place: target, path: targetPath }, this === to),
        ),
      followLast,
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

function truePath(place: Place, here: Path): TruePath {
  const { name } = place;
  return {
    dirFd: place.parentFd,
    segments: name === undefined ? ROOT : [name],
    text: name ?? '.',
    canonical: beneath(here, place.segments),
    directory: place.directory,
  };
}
