import { closeSync, constants, fstatSync, openSync, opendirSync, readSync, realpathSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import type { BundlePath } from './skill.ts';
import { HostError, systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { BundleTally, MAX_BUNDLE_FILES, sorted, tooLarge, unsafeEntry, type RawBundle } from './bundle.ts';
import { isBundleSegment, MAX_PATH_SEGMENTS } from './names.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;
/** Names looked at before giving up; files and directories count. */
const MAX_ENTRIES = 4 * MAX_BUNDLE_FILES;
const HAS_PROC = process.platform === 'linux';

/** A directory on the way down: `at` names it again for the children, by its descriptor where the system allows it. */
interface OpenDirectory {
  readonly fd: number;
  readonly at: string;
  readonly path: string;
  readonly depth: number;
}

/**
 * Reads a bundle's directory, every file exactly once. Each directory is opened once and its children through that descriptor, so what
 * is swapped meanwhile is not followed; a symlink, hard link, device, FIFO or socket is refused, and no FIFO is waited for.
 * `name` is the skill's if the directory is called otherwise, as in the store.
 * @throws HostError `bundle-unsafe-entry`, `bundle-too-large`, `not-found`, `io`.
 */
export function readBundleDir(path: string, name?: string): RawBundle {
  const real = realDirectory(path);
  const reader = new BundleReader();
  const fd = openRoot(real, path);
  try {
    reader.directory({ fd, at: childBase(fd, real), path: '', depth: 1 });
  } finally {
    closeSync(fd);
  }
  return { name: name ?? basename(real), source: path, files: reader.finish() };
}

class BundleReader {
  readonly #tally = new BundleTally();
  readonly #files: [BundlePath, Uint8Array][] = [];
  #entries = 0;

  finish(): Map<BundlePath, Uint8Array> {
    this.#tally.finish();
    return sorted(this.#files);
  }

  directory(dir: OpenDirectory): void {
    const names = this.#names(dir);
    if (names.length === 0 && dir.path !== '') throw unsafeEntry(dir.path, 'is an empty directory');
    for (const name of names) this.#entry(dir, name);
  }

  #names(dir: OpenDirectory): string[] {
    const names: string[] = [];
    const listing = opendirSync(dir.at);
    try {
      for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
        if (++this.#entries > MAX_ENTRIES) throw tooLarge(`more than ${MAX_ENTRIES} entries`);
        names.push(entry.name);
      }
    } finally {
      listing.closeSync();
    }
    return names.sort();
  }

  #entry(dir: OpenDirectory, name: string): void {
    const path = dir.path === '' ? name : `${dir.path}/${name}`;
    if (!isBundleSegment(name)) this.#tally.path(path);
    const fd = openEntry(`${dir.at}/${name}`, path);
    try {
      const stat = fstatSync(fd);
      if (stat.isDirectory()) {
        if (dir.depth >= MAX_PATH_SEGMENTS) throw unsafeEntry(path, `lies deeper than ${MAX_PATH_SEGMENTS} levels`);
        this.directory({ fd, at: childBase(fd, join(dir.at, name)), path, depth: dir.depth + 1 });
      } else {
        this.#file(fd, stat, path);
      }
    } finally {
      closeSync(fd);
    }
  }

  #file(fd: number, stat: Stats, untrusted: string): void {
    if (!stat.isFile()) throw unsafeEntry(untrusted, 'is neither a regular file nor a directory');
    if (stat.nlink > 1) throw unsafeEntry(untrusted, 'is a hard link: the same file has another name elsewhere');
    const path = this.#tally.path(untrusted);
    if (this.#tally.admits(stat.size)) this.#files.push([path, readWhole(fd, stat.size, path)]);
  }
}

function realDirectory(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new HostError('not-found', `There is no bundle at ${shown(path)} (${systemCode(error) ?? 'unreadable'})`, {
      file: path,
      remedy: 'Name the directory that holds SKILL.md.',
    });
  }
}

function openRoot(real: string, path: string): number {
  try {
    return openSync(real, O_RDONLY | O_NOFOLLOW | O_DIRECTORY);
  } catch (error) {
    if (systemCode(error) !== 'ENOTDIR') throw unreadable(path, error);
    throw new HostError('not-found', `${shown(path)} is not a directory`, {
      file: path,
      remedy: 'Name the directory that holds SKILL.md.',
    });
  }
}

function openEntry(at: string, path: string): number {
  try {
    return openSync(at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ELOOP' || code === 'EMLINK') throw unsafeEntry(path, 'is a symbolic link');
    // open(2) on a socket, and on a device without a driver.
    if (code === 'ENXIO' || code === 'EOPNOTSUPP' || code === 'ENODEV') {
      throw unsafeEntry(path, 'is neither a regular file nor a directory');
    }
    if (code === 'ENOENT') throw unsafeEntry(path, 'disappeared while the bundle was read');
    throw unreadable(path, error);
  }
}

/** The whole file in a buffer of its own and of its size. */
function readWhole(fd: number, size: number, path: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  let at = 0;
  while (at < size) {
    const count = readSync(fd, bytes, at, size - at, at);
    if (count === 0) break;
    at += count;
  }
  if (at !== size || readSync(fd, new Uint8Array(1), 0, 1, size) !== 0) {
    throw unsafeEntry(path, 'changed its size while it was read');
  }
  return bytes;
}

function childBase(fd: number, path: string): string {
  return HAS_PROC ? `/proc/self/fd/${fd}` : path;
}

function unreadable(path: string, error: unknown): HostError {
  return new HostError('io', `${shown(path)} cannot be read (${systemCode(error) ?? 'unknown error'})`, {
    file: shown(path),
    remedy: 'Check who owns it and its mode.',
  });
}
