import { constants, fstatSync, openSync, closeSync, readdirSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../base/ports.ts';
import { compareBytes, decodeHex, decodeUtf8, encodeHex } from '../base/bytes.ts';
import { HostError, systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { asIo, ensureDir } from './durable.ts';
import { parsePublicKey, publicKeyOf, SEED_BYTES } from './ed25519.ts';
import { parseSkillName } from './names.ts';
import type { PublicKey } from './skill.ts';

const MAX_KEY_FILE_BYTES = 256;

/** A key of one's own, without its secret. */
export interface OwnKey {
  readonly name: string;
  readonly key: PublicKey;
}

/** A seed in memory. It is overwritten when it is disposed of. */
export class Seed implements Disposable {
  readonly bytes: Uint8Array;
  readonly key: PublicKey;
  /** What a person should know about the file it came from, one line each. */
  readonly warnings: readonly string[];

  constructor(bytes: Uint8Array, warnings: readonly string[] = []) {
    this.bytes = bytes;
    this.key = publicKeyOf(bytes);
    this.warnings = warnings;
  }

  [Symbol.dispose](): void {
    this.bytes.fill(0);
  }
}

/** `<data>/keys`: `<name>.seed`, mode 0600, and `<name>.pub`, both hex. */
export class KeyDir {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, 'keys');
  }

  /** Makes a key. @throws HostError `usage` for a name that is none or taken. */
  create(name: string, random: Random): OwnKey {
    checkName(name);
    ensureDir(this.path);
    const bytes = new Uint8Array(SEED_BYTES);
    // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a port of ours, not Array's fill
    random.fill(bytes);
    using seed = new Seed(bytes);
    const file = join(this.path, `${name}.seed`);
    try {
      writeFileSync(file, `${encodeHex(seed.bytes)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST')
        return asIo(file, () => {
          throw error;
        });
      throw new HostError('usage', `There is a key called ${name} already`, { file, remedy: 'Choose another name.' });
    }
    const pub = join(this.path, `${name}.pub`);
    asIo(pub, () => writeFileSync(pub, `${seed.key}\n`, { mode: 0o644, flush: true }));
    return { name, key: seed.key };
  }

  /** Own keys, sorted by name. Only public halves are read. */
  list(): readonly OwnKey[] {
    let files: string[];
    try {
      files = readdirSync(this.path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      return asIo(this.path, () => {
        throw error;
      });
    }
    const names = files.filter((file) => file.endsWith('.pub')).map((file) => file.slice(0, -'.pub'.length));
    return names.sort(compareBytes).map((name) => ({ name, key: readPublicKey(join(this.path, `${name}.pub`)) }));
  }

  /** @throws HostError `not-found`, `key-invalid` */
  load(name: string): Seed {
    checkName(name);
    return loadSeed(join(this.path, `${name}.seed`));
  }
}

/**
 * The seed in a file of 64 lowercase hex digits.
 * A file that others may write is refused, for they choose the key; one that others may read is used with a warning.
 * @throws HostError `not-found`, `key-invalid`, `io`
 */
export function loadSeed(path: string): Seed {
  const { text, mode } = readSmall(path);
  if ((mode & 0o022) !== 0) {
    throw new HostError('key-invalid', `Others may write the key file ${shown(path)}`, {
      file: path,
      remedy: `Run: chmod 600 ${shown(path)}`,
    });
  }
  const bytes = decodeHex(text.replace(/\n$/, ''));
  if (bytes?.length !== SEED_BYTES) throw malformed(path);
  return new Seed(
    bytes,
    (mode & 0o044) === 0 ? [] : [`Others may read the key file ${shown(path)}: chmod 600 keeps it yours`],
  );
}

/** The key in a file such as SKILL.pub. @throws HostError `not-found`, `key-invalid`, `key-weak`, `io` */
export function readPublicKey(path: string): PublicKey {
  return parsePublicKey(readSmall(path).text.replace(/\n$/, ''));
}

function readSmall(path: string): { readonly text: string; readonly mode: number } {
  return asIo(path, () => {
    const fd = open(path);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile() || stat.size > MAX_KEY_FILE_BYTES) throw malformed(path);
      const bytes = new Uint8Array(MAX_KEY_FILE_BYTES);
      const text = decodeUtf8(bytes.subarray(0, readSync(fd, bytes)));
      bytes.fill(0);
      if (text === undefined) throw malformed(path);
      // Windows has no such bits and reports all of them.
      return { text, mode: process.platform === 'win32' ? 0o600 : stat.mode };
    } finally {
      closeSync(fd);
    }
  });
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new HostError('not-found', `There is no key file ${shown(path)}`, {
      file: path,
      remedy: 'Make a key with `wirken key new`.',
    });
  }
}

function checkName(name: string): void {
  if (parseSkillName(name) !== undefined) return;
  throw new HostError('usage', `${shown(name, 80)} is no name for a key`, {
    remedy: 'Use lowercase letters, digits and dashes.',
  });
}

function malformed(path: string): HostError {
  return new HostError('key-invalid', `${shown(path)} does not hold a key: 64 lowercase hex digits`, {
    file: path,
    remedy: 'Name a file that `wirken key new` wrote.',
  });
}
