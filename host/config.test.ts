import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureDataDir, readConfig } from './config.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'wirken-config-'));
});

afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

describe('readConfig', () => {
  const read = () => readConfig({ WIRKEN_DATA_DIR: dataDir });
  const file = () => join(dataDir, 'config.yaml');

  it('reads what the operator demands', async () => {
    writeFileSync(file(), 'trust: {require: root}\nlimits: {memory: 64MiB, time: 500ms, output: 1KiB}\n');
    expect(await read()).toMatchObject({
      dataDir,
      trustRequire: 'root',
      ceilings: { memoryBytes: 64 * 1024 ** 2, timeMs: 500, outputBytes: 1024 },
    });
  });

  it.for<[string, string]>([
    ['an alias', 'trust: &a {require: root}\nlimits: *a\n'],
    ['an alias that nothing anchors', 'trust: *a\n'],
    ['a key that is not known', 'trust: {requires: root}\n'],
    ['a key called __proto__', '__proto__: {trust: {require: root}}\n'],
    ['a list', '[1]\n'],
    ['a key twice', 'trust: {}\ntrust: {}\n'],
    ['two documents', 'trust: {}\n---\ntrust: {}\n'],
    ['a tag', 'trust: !x {}\n'],
    ['thousands of levels', `trust: ${'['.repeat(100_000)}`],
    ['more than a MiB', `#${'x'.repeat(1024 * 1024)}`],
  ])('refuses %s and says what to do', async ([, text]) => {
    writeFileSync(file(), text);
    await expect(read()).rejects.toMatchObject({
      code: 'config-invalid',
      details: { file: file(), remedy: expect.any(String) },
    });
  });

  it.skipIf(process.platform === 'win32').for<[string, () => void]>([
    ['a FIFO, without waiting for it', () => execFileSync('mkfifo', [file()])],
    ['a device', () => symlinkSync('/dev/zero', file())],
    ['a directory', () => mkdirSync(file())],
  ])('refuses %s', async ([, make]) => {
    make();
    await expect(read()).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it.skipIf(process.platform === 'win32')('trusts nothing that others may write', async () => {
    chmodSync(dataDir, 0o770);
    await expect(read()).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('ensureDataDir', () => {
  it('makes a directory that is nobody else’s', () => {
    const path = join(dataDir, 'a', 'b');
    ensureDataDir(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it.for([
    ['no directory', ''],
    ['beneath what is no directory', '/x'],
  ] as const)('refuses one that is %s', ([, rest]) => {
    const path = join(dataDir, 'file');
    writeFileSync(path, '');
    expect(() => ensureDataDir(`${path}${rest}`)).toThrow('cannot be used');
  });
});
