import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HostError } from '../../base/error.ts';
import { readCredential } from './credential.ts';
import { testData } from './testing-log.ts';

const reveal = (dataDir: string, path: string) =>
  readCredential({ kind: 'file', path }, 'sp', { env: {}, dataDir }).reveal((value) => value);

it.for([['token'], ['token\n'], ['token\r\n']])('reads %j from a file of mode 0600', ([text = '']) => {
  using data = testData();
  writeFileSync(join(data.dataDir, 'hec'), text, { mode: 0o600 });
  expect(reveal(data.dataDir, 'hec')).toBe('token');
  expect(reveal('/', join(data.dataDir, 'hec'))).toBe('token');
});

it('follows a symlink, as mounted secrets are, to a file that only its owner reads', () => {
  using data = testData();
  writeFileSync(join(data.dataDir, 'real'), 'token', { mode: 0o600 });
  symlinkSync('real', join(data.dataDir, 'hec'));
  expect(reveal(data.dataDir, 'hec')).toBe('token');
});

it.for<[string, (path: string) => void, RegExp]>([
  ['none', () => {}, /is not there/],
  [
    'one that others read',
    (path) => (writeFileSync(path, 'token'), chmodSync(path, 0o640)),
    /read or written by others/,
  ],
  [
    'one that others write',
    (path) => (writeFileSync(path, 'token'), chmodSync(path, 0o602)),
    /read or written by others/,
  ],
  ['a directory', (path) => mkdirSync(path), /no regular file/],
  ['a FIFO', (path) => execFileSync('mkfifo', ['-m', '600', path]), /no regular file/],
  ['an empty one', (path) => writeFileSync(path, '', { mode: 0o600 }), /one line of ASCII/],
  ['two lines', (path) => writeFileSync(path, 'a\nb\n', { mode: 0o600 }), /one line of ASCII/],
  ['a header in it', (path) => writeFileSync(path, 'a\r\nx-evil: 1', { mode: 0o600 }), /one line of ASCII/],
  ['blanks', (path) => writeFileSync(path, 'a b', { mode: 0o600 }), /one line of ASCII/],
  ['letters beyond ASCII', (path) => writeFileSync(path, 'schlüssel', { mode: 0o600 }), /one line of ASCII/],
  ['a large one', (path) => writeFileSync(path, 'a'.repeat(20_000), { mode: 0o600 }), /larger than/],
])('refuses a file: %s', ([, make, says]) => {
  using data = testData();
  make(join(data.dataDir, 'hec'));
  expect(() => reveal(data.dataDir, 'hec')).toThrow(says);
});

it('reads a variable, and says which one is not set', () => {
  const ref = { kind: 'env', variable: 'HEC' } as const;
  const { dataDir } = { dataDir: '/' };
  const secret = readCredential(ref, 'sp', { env: { HEC: 'token' }, dataDir });
  expect(secret.reveal((value) => value)).toBe('token');
  expect(String(secret)).toBe('[secret token of sp]');
  for (const env of [{}, { HEC: '' }])
    expect(() => readCredential(ref, 'sp', { env, dataDir })).toThrow(/HEC is not set/);
  const wrong = () => readCredential(ref, 'sp', { env: { HEC: 'two words' }, dataDir });
  expect(wrong).toThrow(HostError);
  expect(wrong).not.toThrow(/two words/);
});
