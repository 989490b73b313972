import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import { deliverCode } from './code.ts';
import { scratch } from './pool/fixtures.ts';

it('delivers each entry as one module without types, for this user alone', () => {
  using cache = scratch();
  const { runner, spawner, readable, compiled } = deliverCode(cache.path);
  const dir = readable[0]?.path ?? '';
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  const modules = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.cjs'));
  const paths = modules.map((path) => join(dir, path));
  expect(paths).toContain(runner);
  expect(paths).toContain(spawner);
  // What starts the runner lies beside it.
  expect(paths.length).toBe(3);
  expect(existsSync(compiled ?? '')).toBe(false);
  // Nothing is imported that stands elsewhere: a runner can read nothing else.
  for (const path of paths) expect(readFileSync(path, 'utf8')).not.toMatch(/^(?:import|export)\s|[^.\w]import\('/m);
});

it('delivers once, and anew what was touched', () => {
  using cache = scratch();
  const { runner } = deliverCode(cache.path);
  const written = statSync(runner).ino;
  expect(deliverCode(cache.path).runner).toBe(runner);
  expect(statSync(runner).ino).toBe(written);
  chmodSync(runner, 0o600);
  writeFileSync(runner, 'process.exit(1)');
  expect(deliverCode(cache.path).runner).toBe(runner);
  expect(readFileSync(runner, 'utf8')).toMatch(/body/);
  expect(readdirSync(cache.path).filter((name) => name.startsWith('runner-')).length).toBe(1);
});

it.for(['body.cjs', 'main.cjs', 'body.code'])('looks at everything again when %s was touched', (name) => {
  using cache = scratch();
  const { runner } = deliverCode(cache.path);
  const touched = join(dirname(runner), name);
  const known = join(cache.path, 'runner.json');
  const before = readFileSync(known, 'utf8');
  rmSync(touched, { force: true });
  writeFileSync(touched, 'process.exit(1)');
  deliverCode(cache.path);
  expect(readFileSync(known, 'utf8')).not.toBe(before);
  if (name.endsWith('.cjs')) expect(readFileSync(touched, 'utf8')).not.toBe('process.exit(1)');
});

it('does not take a directory that others may write', () => {
  using cache = scratch();
  const dir = deliverCode(cache.path).readable[0]?.path ?? '';
  chmodSync(dir, 0o777);
  deliverCode(cache.path);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
});

it('says when the cache cannot be written', () => {
  expect(() => deliverCode('/dev/null/nowhere')).toThrow(HostError);
});

it.for<readonly [string, (known: Record<string, unknown>) => Record<string, unknown>]>([
  ['a source has changed', (known) => ({ ...known, files: [[import.meta.filename, '0 0 0 0']] })],
  ['a source is gone', (known) => ({ ...known, files: [['/nowhere', '0 0 0 0']] })],
  ['it is of another Node', (known) => ({ ...known, node: 'v1.0.0' })],
  ['it is of another clone', (known) => ({ ...known, root: '/nowhere' })],
  ['it leads elsewhere', (known) => ({ ...known, name: '../elsewhere' })],
])('reads the sources again when %s', ([, spoil]) => {
  using cache = scratch();
  const { runner } = deliverCode(cache.path);
  const known = join(cache.path, 'runner.json');
  const before = readFileSync(known, 'utf8');
  writeFileSync(known, JSON.stringify(spoil(JSON.parse(before))));
  expect(deliverCode(cache.path).runner).toBe(runner);
  expect(readFileSync(known, 'utf8')).toBe(before);
});
