import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { gunzip } from './gzip.ts';
import { BLOCK_BYTES, readUstar } from './ustar.ts';

const MAX_FILES = 2_000;
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;
/** Files, as many directories and pax headers of both. */
const MAX_HEADERS = 4 * MAX_FILES;
/** Content, a header and padding each, the end, and what tar programs pad it to. */
const MAX_TAR_BYTES = MAX_CONTENT_BYTES + 2 * BLOCK_BYTES * MAX_HEADERS + 1024 * 1024;
/** Frontmatter looked at for a name. */
const MAX_CLAIM_BYTES = 512 * 1024;
/** Deflate makes nothing noticeably larger, so a longer file cannot hold a bundle. */
export const MAX_ARCHIVE_BYTES = MAX_TAR_BYTES;

/** A bundle as it stood in an archive: nothing of it is trusted, and nothing of it was written anywhere. */
export interface UnpackedArchive {
  /** What the archive calls its one top directory, or the `name:` that SKILL.md claims where the directory is named otherwise. */
  readonly name: string;
  /** Content by path below the top directory: relative, without `.`, `..` and empty segments, in the archive's order. */
  readonly entries: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a `.skill` or npm-style `.tgz` into memory.
 * @throws HostError `archive-invalid`, `archive-too-large`; both name the entry, escaped.
 */
export function readArchive(untrusted: Uint8Array): UnpackedArchive {
  if (untrusted.length > MAX_ARCHIVE_BYTES) {
    throw new HostError('archive-too-large', `The archive is larger than ${MAX_ARCHIVE_BYTES} bytes`, {
      limitBytes: MAX_ARCHIVE_BYTES,
    });
  }
  const tree = new ArchiveTree();
  for (const entry of readUstar(gunzip(untrusted, MAX_TAR_BYTES), MAX_HEADERS)) {
    // `tar czf x.tgz ./name` writes this before every path; it says nothing.
    const path = entry.path.startsWith('./') && entry.path !== './' ? entry.path.slice('./'.length) : entry.path;
    if (entry.kind === 'directory') tree.addDirectory(path);
    else tree.addFile(path, entry.bytes);
  }
  return tree.finish();
}

/** Collects entries, refusing each that a careful extractor would have to think about. */
class ArchiveTree {
  #top: string | undefined;
  #contentBytes = 0;
  readonly #files = new Map<string, Uint8Array>();
  /** Folded path → what stands there; a directory is also one that some file implies. */
  readonly #kinds = new Map<string, 'file' | 'directory'>();
  readonly #stated = new Map<string, string>();
  readonly #implied = new Set<string>();

  addDirectory(path: string): void {
    const segments = this.#parse(path.endsWith('/') ? path.slice(0, -1) : path, path);
    const key = fold(segments.join('/'));
    if (this.#stated.has(key)) throw invalid('the same directory twice', path);
    this.#stated.set(key, path);
    this.#claim(segments, 'directory', path);
  }

  addFile(path: string, bytes: Uint8Array): void {
    const segments = this.#parse(path, path);
    if (segments.length < 2) throw invalid('a file beside the one top directory', path);
    for (let depth = 1; depth < segments.length; depth++) {
      const parent = segments.slice(0, depth);
      this.#claim(parent, 'directory', path);
      this.#implied.add(fold(parent.join('/')));
    }
    this.#claim(segments, 'file', path);
    this.#contentBytes += bytes.length;
    if (this.#files.size >= MAX_FILES) throw tooLarge(`more than ${MAX_FILES} files`);
    if (this.#contentBytes > MAX_CONTENT_BYTES) throw tooLarge(`more than ${MAX_CONTENT_BYTES} bytes of content`);
    this.#files.set(segments.slice(1).join('/'), bytes);
  }

  finish(): UnpackedArchive {
    if (this.#top === undefined) throw invalid('nothing in it');
    for (const [key, path] of this.#stated) {
      if (!this.#implied.has(key)) throw invalid('an empty directory', path);
    }
    return { name: claimedName(this.#files.get('SKILL.md')) ?? this.#top, entries: this.#files };
  }

  #parse(path: string, whole: string): readonly string[] {
    if (path === '') throw invalid('an entry without a name', whole);
    if (path.startsWith('/')) throw invalid('an absolute path', whole);
    if (path.includes('\\')) throw invalid('a backslash in a path', whole);
    const segments = path.split('/');
    for (const segment of segments) {
      if (segment === '') throw invalid('a path with an empty segment', whole);
      if (segment === '.' || segment === '..') throw invalid(`a path with a "${segment}" segment`, whole);
    }
    this.#top ??= segments[0];
    if (segments[0] !== this.#top) throw invalid('an entry outside the one top directory', whole);
    return segments;
  }

  #claim(segments: readonly string[], kind: 'file' | 'directory', path: string): void {
    const key = fold(segments.join('/'));
    const there = this.#kinds.get(key);
    if (there !== undefined && (there !== kind || kind === 'file')) {
      throw invalid('an entry with the name of another (upper and lower case count as the same)', path);
    }
    this.#kinds.set(key, kind);
  }
}

/**
 * The name that SKILL.md claims, for archives whose top directory is called `package` or after a repository. A claim like the
 * directory's own: verification holds it against the signed manifest.
 */
function claimedName(skillMd: Uint8Array | undefined): string | undefined {
  const text = Buffer.from(skillMd?.subarray(0, MAX_CLAIM_BYTES) ?? []).toString('latin1');
  const end = text.indexOf('\n---\n', 3);
  if (!text.startsWith('---\n') || end < 0) return undefined;
  return /^name: *(["']?)([a-z][a-z0-9-]{0,63})\1 *$/m.exec(text.slice(0, end))?.[2];
}

function fold(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function tooLarge(why: string): HostError {
  return new HostError('archive-too-large', `The archive has ${why}`);
}

function invalid(what: string, path?: string): HostError {
  const where = path === undefined ? '' : ` (entry "${shown(path)}")`;
  return new HostError('archive-invalid', `The archive is refused: ${what}${where}`, {
    ...(path === undefined ? {} : { entry: shown(path) }),
    remedy: 'Ask its author for one made by `wirken skill pack`.',
  });
}
