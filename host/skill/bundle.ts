import type { BundlePath } from './skill.ts';
import { compareBytes } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { foldCase, MAX_PATH_SEGMENTS, parseBundlePath } from './names.ts';

export const MAX_BUNDLE_FILES = 2_000;
export const MAX_BUNDLE_BYTES = 64 * 1024 * 1024;

/** A bundle as it was read, once. Nothing about it has been checked but the kinds, names and sizes of its entries. */
export interface RawBundle {
  /** The directory's name, which the skill must have. */
  readonly name: string;
  /** What it was read from, as the user named it; for messages. */
  readonly source: string;
  /** Every regular file, sorted by the bytes of its path. The holder never changes the bytes. */
  readonly files: ReadonlyMap<BundlePath, Uint8Array>;
}

/**
 * The bundle that an archive in memory holds. `entries` are its regular files by path relative to the bundle; `source` is for messages.
 * @throws HostError `bundle-unsafe-entry`, `bundle-too-large`.
 */
export function rawBundle(name: string, entries: Iterable<readonly [string, Uint8Array]>, source = name): RawBundle {
  const tally = new BundleTally();
  const files: [BundlePath, Uint8Array][] = [];
  for (const [untrusted, bytes] of entries) {
    const path = tally.path(untrusted);
    if (tally.admits(bytes.length)) files.push([path, bytes]);
  }
  tally.finish();
  return { name, source, files: sorted(files) };
}

export function sorted(files: [BundlePath, Uint8Array][]): Map<BundlePath, Uint8Array> {
  return new Map(files.sort(([a], [b]) => compareBytes(a, b)));
}

/**
 * Counts what goes into one bundle and checks each path. What is unsafe is thrown at once; what is too much is kept until the end,
 * for an unsafe entry further on comes first.
 */
export class BundleTally {
  #bytes = 0;
  #files = 0;
  #tooLarge: HostError | undefined;
  readonly #folded = new Map<string, string>();

  /** Whether a file of so many bytes may still be read. */
  admits(bytes: number): boolean {
    this.#files++;
    this.#bytes += bytes;
    if (this.#files > MAX_BUNDLE_FILES) this.#tooLarge ??= tooLarge(`more than ${MAX_BUNDLE_FILES} files`);
    if (this.#bytes > MAX_BUNDLE_BYTES) this.#tooLarge ??= tooLarge('more than 64 MiB');
    return this.#tooLarge === undefined;
  }

  /** The path of a file, with every directory on its way taken into account. */
  path(untrusted: string): BundlePath {
    if (untrusted.split('/', MAX_PATH_SEGMENTS + 1).length > MAX_PATH_SEGMENTS) {
      throw unsafeEntry(untrusted, `lies deeper than ${MAX_PATH_SEGMENTS} levels`);
    }
    const path = parseBundlePath(untrusted);
    if (path === undefined) {
      throw unsafeEntry(
        untrusted,
        'has a name outside A-Z a-z 0-9 . _ @ + - (128 characters at most, no dot at the end)',
      );
    }
    this.#collide(path, true);
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      this.#collide(path.slice(0, at), false);
    return path;
  }

  /** @throws HostError `bundle-too-large` if `admits` ever said no. */
  finish(): void {
    if (this.#tooLarge !== undefined) throw this.#tooLarge;
  }

  // `a` as a file and `A/b` would fall together as well: directories count, each under one spelling.
  #collide(path: string, isFile: boolean): void {
    const folded = foldCase(path);
    const spelling = isFile ? path : `${path}/`;
    const other = this.#folded.get(folded);
    if (other !== undefined && (isFile || other !== spelling)) {
      throw unsafeEntry(path, `is the same name as ${shown(other)} on a file system without case`);
    }
    this.#folded.set(folded, spelling);
  }
}

/** An entry that no bundle may have. */
export function unsafeEntry(path: string, what: string): HostError {
  return new HostError('bundle-unsafe-entry', `${shown(path)} ${what}`, {
    file: shown(path),
    remedy: 'A bundle holds regular files with plain names and nothing else: remove or rename this entry.',
  });
}

export function tooLarge(what: string): HostError {
  return new HostError('bundle-too-large', `The bundle has ${what}`, {
    remedy: `A bundle has at most ${MAX_BUNDLE_FILES} files and 64 MiB: leave out what the skill does not need.`,
  });
}
