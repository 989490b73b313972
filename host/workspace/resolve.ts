import type { Backend } from './backend.ts';
import { ANCHOR } from './flags.ts';
import type { Errno } from './layer.ts';
import type { ParsedPath } from './path.ts';

/** Symlinks on the way to one name. Source: MAXSYMLINKS of Linux. */
const MAX_SYMLINKS = 40;

/** Which directories a resolution may walk through, by canonical path from where it started. */
export type MayEnter = (segments: readonly string[]) => boolean;

/** Where a path leads: an opened directory, and at most one name in it that is no symlink to be followed. */
export class Place implements Disposable {
  readonly parentFd: number;
  /** Canonical, from the directory where the resolution started: it came here through these names and no symlink. */
  readonly parent: readonly string[];
  /** Absent if the path means the directory `parentFd` itself. */
  readonly name: string | undefined;
  /** Only a directory can be meant. */
  readonly directory: boolean;
  readonly #walk: Walk;

  /** Takes over the walk's descriptor. */
  constructor(walk: Walk, name: string | undefined, directory: boolean) {
    this.parentFd = walk.fd;
    this.parent = [...walk.segments];
    this.name = name;
    this.directory = directory || name === undefined;
    this.#walk = walk;
  }

  /** Canonical path of what is meant. */
  get segments(): readonly string[] {
    return this.name === undefined ? this.parent : [...this.parent, this.name];
  }

  [Symbol.dispose](): void {
    this.#walk.close();
  }
}

/** A descriptor on its way down, one name at a time. */
class Walk {
  readonly segments: string[] = [];
  readonly #backend: Backend;
  readonly #baseFd: number;
  fd: number;

  constructor(backend: Backend, baseFd: number) {
    this.#backend = backend;
    this.#baseFd = baseFd;
    this.fd = baseFd;
  }

  down(name: string): Errno | undefined {
    const next = this.#backend.open(this.fd, [name], name, ANCHOR);
    if (typeof next === 'string') return next;
    this.close();
    this.fd = next;
    this.segments.push(name);
    return undefined;
  }

  /** Back to the directory above, by the names that led here: `..` of a directory that moved meanwhile would lead elsewhere. */
  up(): Errno | undefined {
    if (this.segments.pop() === undefined) return 'notcapable';
    const next =
      this.segments.length === 0
        ? this.#baseFd
        : this.#backend.open(this.#baseFd, this.segments, this.segments.join('/'), ANCHOR);
    if (typeof next === 'string') return next === 'loop' ? 'again' : next;
    this.close();
    this.fd = next;
    return undefined;
  }

  close(): void {
    if (this.fd !== this.#baseFd) this.#backend.close(this.fd);
    this.fd = this.#baseFd;
  }
}

/**
 * Resolves a path by hand: each directory is opened from the one before without following anything, each symlink is read and its
 * text walked like the rest. So the names passed are the true path, whatever another process renames meanwhile.
 * `notcapable`: it leaves the directory, or passes one that `mayEnter` hides; `loop`: over 40 symlinks.
 */
export function resolve(
  backend: Backend,
  baseFd: number,
  path: ParsedPath,
  followLast: boolean,
  mayEnter: MayEnter,
): Place | Errno {
  const walk = new Walk(backend, baseFd);
  const place = walkTo(walk, backend, path, followLast, mayEnter);
  if (typeof place === 'string') walk.close();
  return place;
}

function walkTo(
  walk: Walk,
  backend: Backend,
  path: ParsedPath,
  followLast: boolean,
  mayEnter: MayEnter,
): Place | Errno {
  const pending = path.segments.toReversed();
  let { directory } = path;
  let symlinks = 0;
  for (;;) {
    const name = pending.pop();
    if (name === undefined) return new Place(walk, undefined, true);
    if (name === '..') {
      const failure = walk.up();
      if (failure !== undefined) return failure;
      continue;
    }
    const last = pending.length === 0;
    if (last && !followLast) return new Place(walk, name, directory);
    const hidden = !last && !mayEnter([...walk.segments, name]);
    if (!last && !hidden) {
      const failure = walk.down(name);
      if (failure === undefined) continue;
      if (failure !== 'loop' && failure !== 'notdir') return failure;
    }
    const link = backend.readlink(walk.fd, name);
    if (typeof link === 'string') {
      // Whether a hidden name exists is nobody's business; only a symlink there may lead back to what is granted.
      if (hidden) return 'notcapable';
      if (last && (link === 'inval' || link === 'noent')) return new Place(walk, name, directory);
      return link === 'inval' ? 'notdir' : link;
    }
    symlinks += 1;
    if (symlinks > MAX_SYMLINKS) return 'loop';
    if (link.target.startsWith('/')) return 'notcapable';
    const parts = link.target.split('/');
    const end = parts.at(-1);
    if (last && (end === '' || end === '.')) directory = true;
    pending.push(...parts.filter((part) => part !== '' && part !== '.').toReversed());
  }
}
