import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compareBytes, encodeUtf8, equalBytes } from '../base/bytes.ts';
import { HostError, systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import type { RawBundle } from './bundle.ts';
import { digestFiles, sha256 } from './digest.ts';
import { asIo, ensureDir, readWhole, syncDir, TEMP_PREFIX, writeDurably } from './durable.ts';
import type { Lock, LockEntry } from './lock.ts';
import { parseBundlePath, SIGNATURE_FILES } from './names.ts';
import { readBundleDir } from './read-bundle.ts';
import type { Digest, Skill, SkillName } from './skill.ts';
import type { Verified } from './verified.ts';

/** What was made from a bundle at install, by path. */
export type DerivedFiles = ReadonlyMap<string, Uint8Array>;

/** What `put` names its directories. */
const OURS = /^[0-9a-f]{64}(?:\.derived-[0-9a-f]{16})?$/;
const MAX_DERIVED_FILE_BYTES = 256 * 1024 * 1024;

/**
 * The installed bundles: `<data>/skills/<name>/<digest>/`, and beside it `<digest>.derived-<hash>/` for what was made from it. A directory
 * is complete from the moment it has its name, and never changes. Nothing in it is trusted when it is read again.
 */
export class SkillStore {
  readonly #dir: string;

  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'skills');
  }

  /**
   * Keeps the bytes that were verified, and what was derived from them. Only inside `LockFile.exclusively`.
   * @throws HostError `io`; nothing but a temporary directory is left then, for the next `sweep`.
   */
  put(raw: RawBundle, verified: Verified<Skill>, derived: DerivedFiles): void {
    const skill = verified.value;
    const files = new Map<string, Uint8Array>(skill.files);
    for (const path of SIGNATURE_FILES) {
      const bytes = raw.files.get(path);
      if (bytes !== undefined && !files.has(path)) files.set(path, bytes);
    }
    this.#place(this.#bundleDir(skill.name, skill.digest), files);
    if (derived.size > 0) this.#place(this.#derivedDir(skill.name, skill.digest, digestFiles(derived)), derived);
  }

  /** The installed bundle as it lies there now. @throws HostError `store-mismatch`, `io`. */
  read(name: SkillName, entry: LockEntry): RawBundle {
    const path = this.#bundleDir(name, entry.digest);
    try {
      return readBundleDir(path, name);
    } catch (error) {
      if (error instanceof HostError && error.code !== 'io') throw storeMismatch(name, error.message);
      throw error;
    }
  }

  /** What was derived at install, each file checked against the lock. @throws HostError `store-mismatch`, `io`. */
  readDerived(name: SkillName, entry: LockEntry): DerivedFiles {
    const files = new Map<string, Uint8Array>();
    if (entry.derived === undefined || entry.derived.files.size === 0) return files;
    const dir = this.#derivedDir(name, entry.digest, entry.derived.files);
    for (const [path, digest] of entry.derived.files) {
      if (parseBundlePath(path) === undefined)
        throw storeMismatch(name, `"${shown(path)}" is no path of a derived file`);
      const bytes = readWhole(join(dir, path), MAX_DERIVED_FILE_BYTES);
      if (bytes === undefined) throw storeMismatch(name, `the derived file "${shown(path)}" is missing`);
      if (sha256(bytes) !== digest) throw storeMismatch(name, `the derived file "${shown(path)}" was changed`);
      files.set(path, bytes);
    }
    return files;
  }

  /** Removes what no lock entry names: other versions, and what a killed install left. Only inside `LockFile.exclusively`. */
  sweep(lock: Lock): void {
    for (const name of names(this.#dir)) {
      const path = join(this.#dir, name);
      if (name.startsWith(TEMP_PREFIX)) rmSync(path, { recursive: true, force: true });
      else this.#sweepSkill(path, keptNames(lock, name));
    }
  }

  #sweepSkill(path: string, kept: ReadonlySet<string>): void {
    for (const version of names(path)) {
      if (OURS.test(version) && !kept.has(version)) rmSync(join(path, version), { recursive: true, force: true });
    }
    if (kept.size > 0) return;
    try {
      rmdirSync(path);
    } catch {
      // Something of somebody else's is in it, or it is no directory: not ours to remove.
    }
  }

  #place(target: string, files: ReadonlyMap<string, Uint8Array>): void {
    asIo(target, () => {
      if (holds(target, files)) return;
      const parent = ensureDir(dirname(target));
      const temp = join(this.#dir, `${TEMP_PREFIX}${randomUUID()}`);
      try {
        writeTree(temp, files);
        moveAway(target, this.#dir);
        renameSync(temp, target);
      } catch (error) {
        rmSync(temp, { recursive: true, force: true });
        throw error;
      }
      syncDir(parent);
      syncDir(this.#dir);
    });
  }

  #bundleDir(name: SkillName, digest: Digest): string {
    return join(this.#dir, name, digest);
  }

  #derivedDir(name: SkillName, digest: Digest, files: ReadonlyMap<string, Digest>): string {
    return join(this.#dir, name, derivedName(digest, files));
  }
}

/** @throws never; the error that a load of a damaged store ends with. */
export function storeMismatch(name: string, what: string): HostError {
  return new HostError('store-mismatch', `The installed skill ${shown(name)} is not what was installed: ${what}`, {
    skill: name,
    remedy: `Install it again with \`wirken skill install\`, or remove it with \`wirken skill remove ${name}\`.`,
  });
}

/** Changes with each path and digest, so that a directory of that name never has to change. */
function derivedName(digest: Digest, files: ReadonlyMap<string, Digest>): string {
  const lines = [...files].map(([path, of]) => `${of} ${path}\n`).sort(compareBytes);
  return `${digest}.derived-${sha256(encodeUtf8(lines.join(''))).slice(0, 16)}`;
}

function keptNames(lock: Lock, name: string): ReadonlySet<string> {
  for (const [installed, { digest, derived }] of lock.skills) {
    if (installed !== name) continue;
    return new Set([digest, ...(derived === undefined ? [] : [derivedName(digest, derived.files)])]);
  }
  return new Set();
}

/** Whether a directory holds exactly these files: then a second install of the same changes nothing. */
function holds(dir: string, files: ReadonlyMap<string, Uint8Array>): boolean {
  try {
    const there: ReadonlyMap<string, Uint8Array> = readBundleDir(dir).files;
    if (there.size !== files.size) return false;
    for (const [path, bytes] of files) {
      const other = there.get(path);
      if (other === undefined || !equalBytes(bytes, other)) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof HostError) return false;
    throw error;
  }
}

function writeTree(root: string, files: ReadonlyMap<string, Uint8Array>): void {
  mkdirSync(root, { mode: 0o700 });
  const dirs = new Set([root]);
  for (const [path, bytes] of files) {
    if (parseBundlePath(path) === undefined) throw new TypeError(`no path for the store: ${path}`);
    const full = join(root, path);
    for (let dir = dirname(full); !dirs.has(dir); dir = dirname(dir)) dirs.add(dir);
    mkdirSync(dirname(full), { recursive: true, mode: 0o700 });
    writeDurably(full, bytes);
  }
  for (const dir of dirs) syncDir(dir);
}

/** A damaged or half-made directory of that name makes room; `sweep` removes it. */
function moveAway(target: string, dir: string): void {
  try {
    renameSync(target, join(dir, `${TEMP_PREFIX}${randomUUID()}`));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function names(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
