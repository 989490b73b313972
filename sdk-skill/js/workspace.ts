import { SkillError } from './error.ts';
import * as wasi from './wasi.ts';

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
}

export interface FileInfo {
  readonly kind: Entry['kind'];
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/**
 * A directory. Paths are relative to it and separated by `/`. Each method throws a `SkillError` with a code (`not-found`,
 * `not-granted`, `is-directory` …) and the exit code 2 if the system refuses.
 */
export interface Workspace {
  /** A file as text. */
  readText(path: string): string;
  readBytes(path: string): Uint8Array;
  /** Replaces a file, or makes it; the directories on the way are made. */
  write(path: string, content: string | Uint8Array): void;
  /** What a directory holds, sorted by name; only what was granted is seen. */
  list(path?: string): readonly Entry[];
  /** Every file beneath a directory, by its path from the root. */
  walk(path?: string): Generator<string>;
  /** `undefined` if it is not there, or not granted. */
  stat(path: string): FileInfo | undefined;
  exists(path: string): boolean;
  remove(path: string): void;
  rename(from: string, to: string): void;
}

const KINDS: { readonly [filetype: number]: Entry['kind'] } = { 3: 'directory', 4: 'file', 7: 'symlink' };

const ERRORS: { readonly [errno: number]: readonly [string, string] } = {
  2: ['not-granted', 'that was not granted'],
  19: ['too-much', 'the call has written as much as it may'],
  20: ['exists', 'it is there already'],
  31: ['is-directory', 'it is a directory'],
  32: ['loop', 'its links lead in a circle'],
  33: ['too-many-open', 'too many files are open'],
  44: ['not-found', 'it is not there'],
  54: ['not-directory', 'it is no directory'],
  55: ['not-empty', 'it is not empty'],
  58: ['unsupported', 'the system cannot do that here'],
  63: ['not-granted', 'that was not granted'],
  69: ['read-only', 'it is read-only'],
  76: ['not-granted', 'that was not granted'],
};

const EXIT = 2;
const NOENT = 44;
const EXIST = 20;
const FIRST_PREOPEN = 3;
const FOLLOW = 1;
const OPEN = { create: 1, directory: 2, truncate: 8 };
const RIGHTS = { read: 2 ** 1 + 2 ** 2 + 2 ** 21, write: 2 ** 6 + 2 ** 2 + 2 ** 21, list: 2 ** 14 + 2 ** 13 + 2 ** 21 };
const FILESTAT_BYTES = 64;
const DIRENT_BYTES = 24;

/** The directory that the host shows at `guestPath`. It is looked for when it is first used. */
export function directory(guestPath: string): Workspace {
  return new Directory(guestPath);
}

class Directory implements Workspace {
  readonly #guestPath: string;
  #found: number | undefined;

  constructor(guestPath: string) {
    this.#guestPath = guestPath;
  }

  readText(path: string): string {
    return wasi.decode(this.readBytes(path));
  }

  readBytes(path: string): Uint8Array {
    const fd = this.#open(path, 0, RIGHTS.read, 'read');
    const bytes = wasi.readAll(fd);
    wasi.fdClose(fd);
    if (typeof bytes === 'number') throw failed(path, 'read', bytes);
    return bytes;
  }

  write(path: string, content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? new Uint8Array(wasi.encode(content)) : content;
    const fd = this.#openToWrite(path);
    const errno = wasi.writeAll(fd, bytes);
    wasi.fdClose(fd);
    if (errno !== wasi.SUCCESS) throw failed(path, 'written', errno);
  }

  list(path = '.'): readonly Entry[] {
    const fd = this.#open(path, OPEN.directory, RIGHTS.list, 'listed');
    const entries: Entry[] = [];
    let cookie = 0;
    for (;;) {
      const errno = wasi.fdReaddir(fd, wasi.CHUNK, wasi.CHUNK_BYTES, cookie, wasi.HEAD);
      if (errno !== wasi.SUCCESS) {
        wasi.fdClose(fd);
        throw failed(path, 'listed', errno);
      }
      const used = wasi.view.getUint32(0, true);
      cookie = takeEntries(used, entries) ?? cookie;
      if (used < wasi.CHUNK_BYTES) break;
    }
    wasi.fdClose(fd);
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  *walk(path = '.'): Generator<string> {
    for (const { name, kind } of this.list(path)) {
      const below = path === '.' ? name : `${path}/${name}`;
      if (kind === 'directory') yield* this.walk(below);
      else if (kind === 'file') yield below;
    }
  }

  stat(path: string): FileInfo | undefined {
    const { at, bytes } = this.#path(path);
    const errno = wasi.pathFilestatGet(this.#fd(), FOLLOW, at, bytes, wasi.HEAD);
    if (errno !== wasi.SUCCESS) {
      if (ERRORS[errno]?.[0] === 'not-granted' || errno === NOENT) return undefined;
      throw failed(path, 'looked at', errno);
    }
    if (FILESTAT_BYTES > wasi.view.byteLength) throw new TypeError('no room for a filestat');
    return {
      kind: KINDS[wasi.view.getUint8(16)] ?? 'other',
      size: Number(wasi.view.getBigUint64(32, true)),
      modified: Math.floor(Number(wasi.view.getBigUint64(48, true)) / 1e6),
    };
  }

  exists(path: string): boolean {
    return this.stat(path) !== undefined;
  }

  remove(path: string): void {
    const isDirectory = this.stat(path)?.kind === 'directory';
    const { at, bytes } = this.#path(path);
    const errno = (isDirectory ? wasi.pathRemoveDirectory : wasi.pathUnlinkFile)(this.#fd(), at, bytes);
    if (errno !== wasi.SUCCESS) throw failed(path, 'removed', errno);
  }

  rename(from: string, to: string): void {
    const source = this.#path(from);
    const target = this.#path(to, 1);
    const fd = this.#fd();
    const errno = wasi.pathRename(fd, source.at, source.bytes, fd, target.at, target.bytes);
    if (errno !== wasi.SUCCESS) throw failed(from, `renamed to ${to}`, errno);
  }

  #openToWrite(path: string): number {
    const how = OPEN.create + OPEN.truncate;
    const { at, bytes } = this.#path(path);
    const first = this.#tryOpen(at, bytes, how, RIGHTS.write);
    if (first >= 0) return first;
    const slash = path.lastIndexOf('/');
    if (first !== -NOENT || slash <= 0) throw failed(path, 'written', -first);
    this.#makeDirectory(path.slice(0, slash));
    return this.#open(path, how, RIGHTS.write, 'written');
  }

  #makeDirectory(path: string): void {
    const { at, bytes } = this.#path(path);
    const errno = wasi.pathCreateDirectory(this.#fd(), at, bytes);
    if (errno === wasi.SUCCESS || errno === EXIST) return;
    const slash = path.lastIndexOf('/');
    if (errno !== NOENT || slash <= 0) throw failed(path, 'made', errno);
    this.#makeDirectory(path.slice(0, slash));
    this.#makeDirectory(path);
  }

  #open(path: string, how: number, rights: number, done: string): number {
    const { at, bytes } = this.#path(path);
    const fd = this.#tryOpen(at, bytes, how, rights);
    if (fd < 0) throw failed(path, done, -fd);
    return fd;
  }

  /** A descriptor, or a negative errno. */
  #tryOpen(at: number, bytes: number, how: number, rights: number): number {
    const errno = wasi.pathOpen(this.#fd(), FOLLOW, at, bytes, how, rights, rights, 0, wasi.HEAD);
    return errno === wasi.SUCCESS ? wasi.view.getUint32(0, true) : -errno;
  }

  #path(path: string, slot: 0 | 1 = 0): { readonly at: number; readonly bytes: number } {
    const placed = wasi.placePath(path, slot);
    if (placed === undefined) throw new SkillError('path-invalid', 'a path is longer than 4096 bytes', EXIT);
    return placed;
  }

  #fd(): number {
    this.#found ??= findPreopen(this.#guestPath);
    return this.#found;
  }
}

/** Adds what stands in the chunk; answers where the next part begins. An entry that is cut off comes again. */
function takeEntries(used: number, into: Entry[]): number | undefined {
  const view = new DataView(wasi.chunk.buffer, wasi.chunk.byteOffset, used);
  let cookie: number | undefined;
  for (let at = 0; at + DIRENT_BYTES <= used;) {
    const length = view.getUint32(at + 16, true);
    if (at + DIRENT_BYTES + length > used) break;
    const name = wasi.decodeAt(wasi.CHUNK + at + DIRENT_BYTES, length);
    if (name !== '.' && name !== '..') into.push({ name, kind: KINDS[view.getUint8(at + 20)] ?? 'other' });
    cookie = Number(view.getBigUint64(at, true));
    at += DIRENT_BYTES + length;
  }
  return cookie;
}

function findPreopen(guestPath: string): number {
  for (let fd = FIRST_PREOPEN; wasi.fdPrestatGet(fd, wasi.HEAD) === wasi.SUCCESS; fd += 1) {
    const length = wasi.view.getUint32(4, true);
    if (length > wasi.CHUNK_BYTES || wasi.fdPrestatDirName(fd, wasi.CHUNK, length) !== wasi.SUCCESS) continue;
    if (wasi.decodeAt(wasi.CHUNK, length) === guestPath) return fd;
  }
  throw new SkillError('not-granted', `the skill was granted no files: there is no ${guestPath}`, EXIT);
}

function failed(path: string, done: string, errno: number): SkillError {
  const [code, why] = ERRORS[errno] ?? ['io', `the system answers ${errno}`];
  return new SkillError(code, `${path} cannot be ${done}: ${why}`, EXIT);
}
