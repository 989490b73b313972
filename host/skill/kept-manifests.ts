import { hash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { encodeHex } from '../base/bytes.ts';
import { parseManifest } from './manifest.ts';
import { decodeManifest, encodeManifest } from './manifest/kept-form.ts';
import type { Manifest } from './skill.ts';

export const MAX_KEPT_MANIFESTS = 256;
/** What is larger is parsed every time. */
const MAX_KEPT_BYTES = 1024 * 1024;
const DIGEST_CHARS = 64;
const JOINED = /^host-[0-9a-f]{64}\.cjs$/;

/** Where the manifest of a skill comes from once its signature was found good. */
export interface ManifestSource {
  /** As `parseManifest`. @throws HostError `manifest-invalid` */
  of(skillMd: Uint8Array, directoryName: string): Manifest;
}

/** Parses each anew. */
export const parsesManifests: ManifestSource = { of: (skillMd, name) => parseManifest(skillMd, name) };

/**
 * What the parser made of a SKILL.md, kept in a directory for the next process: reading YAML is what a cold start would spend the most
 * time on. A file counts for exactly the bytes, the directory's name and the parser that it was made of, and only whole; in any doubt,
 * and whenever something cannot be read or written, the text is parsed.
 *
 * Whoever can write to the directory can make a manifest say what the signed text does not. That is the user alone, and the same
 * directory holds the joined script that wirken starts from: what could forge a manifest there could replace wirken.
 */
export class KeptManifests implements ManifestSource {
  readonly #dir: string;
  readonly #parser: string;

  /**
   * @param dir absolute; made when there is something to keep, for its owner alone
   * @param parser differs between any two parsers that may read a text differently
   */
  constructor(dir: string, parser: string) {
    this.#dir = dir;
    this.#parser = parser;
  }

  of(skillMd: Uint8Array, directoryName: string): Manifest {
    const path = join(this.#dir, this.#nameOf(skillMd, directoryName));
    const kept = this.#read(path);
    if (kept?.name === directoryName) return kept;
    const manifest = parseManifest(skillMd, directoryName);
    this.#keep(path, manifest);
    return manifest;
  }

  #nameOf(skillMd: Uint8Array, directoryName: string): string {
    const of = JSON.stringify([this.#parser, directoryName, hash('sha256', skillMd, 'hex')]);
    return `${hash('sha256', `wirken/manifest/v1\0${of}`, 'hex')}.json`;
  }

  #read(path: string): Manifest | undefined {
    try {
      if (!isOwn(lstatSync(this.#dir))) return undefined;
      const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const { size } = fstatSync(fd);
        if (size > MAX_KEPT_BYTES) return undefined;
        const text = readFileSync(fd, 'utf8');
        const manifest = text.slice(DIGEST_CHARS + 1);
        return text === sealed(manifest) ? decodeManifest(manifest) : undefined;
      } finally {
        closeSync(fd);
      }
    } catch {
      return undefined;
    }
  }

  #keep(path: string, manifest: Manifest): void {
    try {
      const text = encodeManifest(manifest);
      if (text === undefined || Buffer.byteLength(text) + DIGEST_CHARS + 1 > MAX_KEPT_BYTES) return;
      mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
      if (!isOwn(lstatSync(this.#dir))) return;
      this.#makeRoom();
      const fresh = `${path}.${encodeHex(randomBytes(6))}`;
      writeFileSync(fresh, sealed(text), { mode: 0o600, flag: 'wx' });
      renameSync(fresh, path);
    } catch {
      // The next start parses it again.
    }
  }

  #makeRoom(): void {
    const names = readdirSync(this.#dir);
    if (names.length < MAX_KEPT_MANIFESTS) return;
    const aged = names.map((name) => {
      const path = join(this.#dir, name);
      return { path, age: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
    });
    aged.sort((a, b) => a.age - b.age);
    for (const { path } of aged.slice(0, names.length - MAX_KEPT_MANIFESTS + 1)) rmSync(path, { force: true });
  }
}

/**
 * Manifests kept in the cache of a data directory, if this parser can be told from every other: as part of the joined script, which is
 * called after its own digest. Otherwise each is parsed anew.
 * @param cacheDir absolute
 */
export function keptIn(cacheDir: string): ManifestSource {
  const script = typeof __filename === 'string' ? basename(__filename) : '';
  return JOINED.test(script)
    ? new KeptManifests(join(cacheDir, 'manifest'), `${script} ${process.version}`)
    : parsesManifests;
}

function sealed(manifest: string): string {
  return `${hash('sha256', manifest, 'hex')}\n${manifest}`;
}

/** A directory of this user alone; on Windows the data directory's own rights decide. */
function isOwn(stat: Stats): boolean {
  const own = process.getuid?.();
  return stat.isDirectory() && (own === undefined || (stat.uid === own && (stat.mode & 0o077) === 0));
}
