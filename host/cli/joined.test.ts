import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { writeJoined } from './joined.ts';

const WIRKEN = join(import.meta.dirname, '..', 'bin', 'wirken.mjs');

function dataDir(): Disposable & { readonly path: string; readonly joined: string } {
  const path = mkdtempSync(join(tmpdir(), 'wirken-joined-'));
  return {
    path,
    joined: join(path, 'cache', 'joined'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

function version(data: string): string {
  return execFileSync(process.execPath, [WIRKEN, 'trust', 'list', '--json'], { env: envOf(data), encoding: 'utf8' });
}

function envOf(data: string): NodeJS.ProcessEnv {
  return { ...process.env, WIRKEN_DATA_DIR: data };
}

function scriptOf(dir: string, part = 'host'): string {
  return join(dir, readdirSync(dir).find((name) => new RegExp(`^${part}-[0-9a-f]+\\.cjs$`).test(name)) ?? '');
}

it('is written by the second start, for this user alone, and the third starts from it', () => {
  using data = dataDir();
  const answer = version(data.path);
  expect(existsSync(data.joined)).toBe(false);
  expect(version(data.path)).toBe(answer);
  expect(statSync(data.joined).mode & 0o777).toBe(0o700);
  expect(version(data.path)).toBe(answer);
  writeFileSync(scriptOf(data.joined), "() => console.log('from the script')");
  expect(version(data.path)).toBe('from the script\n');
});

it('keeps what the functions of a command were compiled to, from the second start of the script on', () => {
  using data = dataDir();
  writeJoined(data.joined);
  const code = scriptOf(data.joined).replace(/\.cjs$/, '-trust-list.code');
  const answer = version(data.path);
  expect(statSync(code).size).toBe(0);
  expect(version(data.path)).toBe(answer);
  expect(statSync(code).mode & 0o777).toBe(0o600);
  const { size, ino } = statSync(code);
  expect(size).toBeGreaterThan(50_000);
  expect(version(data.path)).toBe(answer);
  expect(statSync(code).ino).toBe(ino);
  for (const spoiled of [readFileSync(code).subarray(0, -1), Buffer.from('x')]) {
    writeFileSync(code, spoiled);
    expect(version(data.path)).toBe(answer);
    expect(statSync(code).size).toBeGreaterThan(50_000);
  }
  expect(() =>
    execFileSync(process.execPath, [WIRKEN, 'nonsense'], { env: envOf(data.path), stdio: 'ignore' }),
  ).toThrow();
  const codes = readdirSync(data.joined).filter((name) => name.endsWith('.code'));
  expect(codes.sort()).toEqual([basename(code).replace('host', 'head'), basename(code)]);
  const stale = ['host-0.cjs', 'host-0-chat.code', 'head-0.cjs', 'packages-0.cjs'];
  for (const name of stale) writeFileSync(join(data.joined, name), '');
  writeJoined(data.joined);
  expect(readdirSync(data.joined).filter((name) => stale.includes(name))).toEqual([]);
  expect(existsSync(code)).toBe(true);
});

it('counts for no other runner than the one that practised', () => {
  using data = dataDir();
  writeJoined(data.joined);
  const index = readFileSync(join(data.joined, 'index.json'), 'utf8');
  for (const source of ['wasi/pool/spawner.ts', 'wasi/runner/main.ts', 'wasi/boot.ts', 'main.ts']) {
    expect(index).toContain(`${join(import.meta.dirname, '..', source)}"`);
  }
});

it('has a runner practise', () => {
  using data = dataDir();
  const compiled = (): readonly string[] =>
    readdirSync(join(data.path, 'cache'), { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('body.code'),
    );
  version(data.path);
  expect(compiled()).toEqual([]);
  version(data.path);
  expect(compiled().length).toBe(1);
});

it.for<readonly [string, (dir: string) => void]>([
  ['others may write there', (dir) => chmodSync(dir, 0o770)],
  ['a source has changed', (dir) => changeIndex(dir, /("host-[^"]+","files":\[\["[^"]+",")\d+ /, '$10 ')],
  ['a source of its head has changed', (dir) => changeIndex(dir, /("head-[^"]+","files":\[\["[^"]+",")\d+ /, '$10 ')],
  ['it is of another Node', (dir) => changeIndex(dir, /"node":"v/, '"node":"v1')],
  ['it stands for another clone', (dir) => changeIndex(dir, /"main":"/, '"main":"/elsewhere')],
  ['its index is no JSON', (dir) => changeIndex(dir, /^\{/, '')],
])('is left alone when %s', ([, spoil]) => {
  using data = dataDir();
  writeJoined(data.joined);
  writeFileSync(scriptOf(data.joined), "() => console.log('from the script')");
  expect(version(data.path)).toBe('from the script\n');
  spoil(data.joined);
  expect(version(data.path)).toContain('{');
});

it('ends the head start of a script that is not taken', () => {
  using data = dataDir();
  writeJoined(data.joined);
  const run = (): string =>
    execFileSync(process.execPath, [WIRKEN, 'skill', 'run', 'hash', 'text', 'abc'], {
      cwd: import.meta.dirname,
      env: envOf(data.path),
      encoding: 'utf8',
    });
  const answer = run();
  expect(answer).toContain('ba7816bf8f01cfea');
  changeIndex(data.joined, /("host-[^"]+","files":\[\["[^"]+",")\d+ /, '$10 ');
  expect(run()).toBe(answer);
});

function changeIndex(dir: string, from: RegExp, to: string): void {
  const path = join(dir, 'index.json');
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(path, text.replace(from, to));
}
