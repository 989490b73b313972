import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { join } from 'node:path';
import { randomFillSync } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostError } from '../base/error.ts';
import { KeyDir, loadSeed, readPublicKey } from './keys.ts';
import { scratch, SIGNER } from './verify.fixture.ts';

afterAll(() => scratch[Symbol.dispose]());

const RANDOM = { fill: (bytes: Uint8Array) => void randomFillSync(bytes) };

function keyDir(): KeyDir {
  return new KeyDir(scratch.dir({}, 'data'));
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return (error as HostError).code;
  }
}

describe('own keys', () => {
  it('are made, listed and loaded', () => {
    const keys = keyDir();
    expect(keys.list()).toEqual([]);
    const b = keys.create('b', RANDOM);
    const a = keys.create('a', RANDOM);
    expect(keys.list()).toEqual([a, b]);
    expect(keys.load('a').key).toBe(a.key);
    expect(readPublicKey(join(keys.path, 'a.pub'))).toBe(a.key);
    expect(statSync(join(keys.path, 'a.seed')).mode & 0o777).toBe(0o600);
    expect(statSync(keys.path).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(keys.path, 'a.seed'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(inspect(keys.list())).not.toContain(readFileSync(join(keys.path, 'a.seed'), 'utf8').trim());
  });

  it('are never written over', () => {
    const keys = keyDir();
    keys.create('a', RANDOM);
    const before = readFileSync(join(keys.path, 'a.seed'));
    expect(codeOf(() => keys.create('a', RANDOM))).toBe('usage');
    expect(readFileSync(join(keys.path, 'a.seed'))).toEqual(before);
  });

  it.for(['', '../a', 'a/b', 'A', '.'])('have no name such as %j', (name) => {
    expect(codeOf(() => keyDir().create(name, RANDOM))).toBe('usage');
    expect(codeOf(() => keyDir().load(name))).toBe('usage');
  });

  it('are overwritten in memory when done', () => {
    const keys = keyDir();
    keys.create('a', RANDOM);
    const seed = keys.load('a');
    seed[Symbol.dispose]();
    expect(seed.bytes.every((byte) => byte === 0)).toBe(true);
  });
});

describe('a key file', () => {
  const HEX = '01'.repeat(32);
  const file = (content: string, mode = 0o600) => {
    const path = join(scratch.dir({ seed: content }, 'keys'), 'seed');
    chmodSync(path, mode);
    return path;
  };

  it.for([HEX, `${HEX}\n`])('may be %j', (content) => {
    expect(loadSeed(file(content))).toMatchObject({ key: SIGNER.key, warnings: [] });
  });

  it.for(['', HEX.slice(1), `${HEX}00`, ` ${HEX}`, `${HEX}\n\n`, HEX.replaceAll('1', 'G'), 'x'.repeat(4096)])(
    'cannot be %j',
    (content) => {
      const path = file(content);
      expect(codeOf(() => loadSeed(path))).toBe('key-invalid');
      expect(() => loadSeed(path)).not.toThrow(content.slice(0, 60) || 'never');
    },
  );

  it.for([0o644, 0o444, 0o640])('that others may read has a warning: %o', (mode) => {
    expect(loadSeed(file(HEX, mode)).warnings).toHaveLength(1);
  });

  it.for([0o666, 0o620, 0o602])('that others may write is refused: %o', (mode) => {
    expect(codeOf(() => loadSeed(file(HEX, mode)))).toBe('key-invalid');
  });

  it('must be there, and a file', () => {
    const dir = scratch.dir({ x: '' });
    expect(codeOf(() => loadSeed(join(dir, 'nothing')))).toBe('not-found');
    expect(codeOf(() => loadSeed(dir))).toBe('key-invalid');
    writeFileSync(join(dir, 'x'), Buffer.from([0xff, 0xfe]));
    expect(codeOf(() => loadSeed(join(dir, 'x')))).toBe('key-invalid');
  });
});
