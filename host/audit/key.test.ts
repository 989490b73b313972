import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePublicKey, verifySignature } from '../skill/ed25519.ts';
import { openAuditKey, readPinnedKey } from './key.ts';
import { testData } from './testing.ts';

const MESSAGE = new TextEncoder().encode('message');

describe('the key of the log', () => {
  it('is made once, and pinned', () => {
    using data = testData();
    expect(readPinnedKey(data.path)).toBeUndefined();
    const key = openAuditKey(data.path);
    const file = join(data.path, 'audit', 'key');
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(data.path, 'audit')).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(data.path, 'audit', 'audit.pub'), 'utf8')).toBe(`${key.publicHex}\n`);
    expect(verifySignature(key.sign(MESSAGE), MESSAGE, parsePublicKey(key.publicHex))).toBe(true);
    expect(openAuditKey(data.path).publicHex).toBe(key.publicHex);
    expect(readPinnedKey(data.path)).toBe(key.publicHex);
  });

  it('is one, however many processes make it at once', async () => {
    using data = testData();
    const script = `import { openAuditKey } from ${JSON.stringify(join(import.meta.dirname, 'key.ts'))};
      process.stdout.write(openAuditKey(process.argv[1]).publicHex);`;
    const made = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '--eval', script, data.path]);
        let text = '';
        child.stdout.on('data', (chunk) => (text += chunk));
        await once(child, 'close');
        return text;
      }),
    );
    expect(new Set(made)).toEqual(new Set([readPinnedKey(data.path)]));
  });

  it('is pinned anew when only the public file is lost', () => {
    using data = testData();
    const key = openAuditKey(data.path);
    rmSync(join(data.path, 'audit', 'audit.pub'));
    expect(openAuditKey(data.path).publicHex).toBe(key.publicHex);
    expect(readPinnedKey(data.path)).toBe(key.publicHex);
  });

  it.for<[string, (dir: string) => void]>([
    ['another public half is pinned', (dir) => writeFileSync(join(dir, 'audit.pub'), `${'ab'.repeat(32)}\n`)],
    ['the secret half is gone', (dir) => rmSync(join(dir, 'key'))],
    ['the key is cut', (dir) => writeFileSync(join(dir, 'key'), 'abcd\n')],
    ['the key is longer', (dir) => writeFileSync(join(dir, 'key'), 'ab'.repeat(33))],
    ['the key is uppercase', (dir) => writeFileSync(join(dir, 'key'), `${'AB'.repeat(32)}\n`)],
    ['others may read the key', (dir) => chmodSync(join(dir, 'key'), 0o640)],
    ['others may write the public half', (dir) => chmodSync(join(dir, 'audit.pub'), 0o666)],
    ['the key is a symlink', (dir) => relink(join(dir, 'key'))],
    ['the key is a directory', (dir) => replace(dir, (file) => mkdirSync(file))],
    ['the key is a FIFO', (dir) => replace(dir, (file) => execFileSync('mkfifo', ['-m', '600', file]))],
  ])('is refused when %s', ([, spoil]) => {
    using data = testData();
    openAuditKey(data.path);
    spoil(join(data.path, 'audit'));
    expect(() => openAuditKey(data.path)).toThrow(expect.objectContaining({ code: 'audit-key' }));
  });

  it.runIf(process.getuid?.() === 0)('is refused when it belongs to another user', () => {
    using data = testData();
    openAuditKey(data.path);
    chownSync(join(data.path, 'audit', 'key'), 65534, 65534);
    expect(() => openAuditKey(data.path)).toThrow(expect.objectContaining({ code: 'audit-key' }));
  });
});

function relink(file: string): void {
  renameSync(file, `${file}.moved`);
  symlinkSync(`${file}.moved`, file);
}

function replace(dir: string, make: (file: string) => void): void {
  const file = join(dir, 'key');
  rmSync(file);
  make(file);
}
