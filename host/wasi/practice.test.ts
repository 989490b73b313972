import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { deliverCode } from './code.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { prepareModule } from './module/prepare.ts';
import { callWith, echoes, scratch } from './pool/fixtures.ts';
import { planRunner, runnerArguments } from './pool/plan.ts';
import { startPool } from './pool/pool.ts';
import { NOWHERE } from './pool/where.ts';
import { practise } from './practice.ts';
import { practiceModule } from './practice-module.ts';

/** Whether an engine with a runner's options, less those that match, takes what is kept. */
function isTaken(cacheDir: string, without?: RegExp): boolean {
  const code = deliverCode(cacheDir);
  const plan = planRunner(NOWHERE, false, DEFAULT_LIMITS.memoryBytes, true);
  const options = runnerArguments(plan, code).slice(0, -2);
  const look = `const { readFileSync } = require('fs');
    const text = readFileSync('${join(dirname(code.runner), 'body.cjs')}', 'latin1');
    const { cachedDataRejected } = new vm.Script(text, { cachedData: readFileSync('${code.compiled}') });
    console.log(cachedDataRejected);`;
  const args = [...options.filter((option) => without?.test(option) !== true), '-e', look];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }) === 'false\n';
}

it('keeps what a runner is compiled to, which the engine of a runner takes and no other', async () => {
  using cache = scratch();
  const { compiled = '' } = deliverCode(cache.path);
  await practise(cache.path);
  expect(statSync(compiled).mode & 0o777).toBe(0o400);
  expect(statSync(compiled).size).toBeGreaterThan(100_000);
  expect(isTaken(cache.path)).toBe(true);
  expect(isTaken(cache.path, /^--max-old-space-size/)).toBe(true);
  expect(isTaken(cache.path, /^--disallow-code/)).toBe(false);
});

it('is done again over what is there, and the same code is delivered', async () => {
  using cache = scratch();
  const { runner, compiled = '' } = deliverCode(cache.path);
  await practise(cache.path);
  const { ino } = statSync(compiled);
  expect(deliverCode(cache.path).runner).toBe(runner);
  const known = readFileSync(join(cache.path, 'runner.json'), 'utf8');
  expect(deliverCode(cache.path).runner).toBe(runner);
  expect(readFileSync(join(cache.path, 'runner.json'), 'utf8')).toBe(known);
  await practise(cache.path);
  expect(statSync(compiled).ino).not.toBe(ino);
});

it.for<readonly [string, (compiled: string) => void]>([
  ['as it was left', () => undefined],
  ['empty', (compiled) => writeFileSync(compiled, '')],
  ['cut', (compiled) => writeFileSync(compiled, readFileSync(compiled).subarray(0, -1))],
  ['something else', (compiled) => writeFileSync(compiled, 'something else')],
])('leaves runners that work when it is %s', async ([, spoil]) => {
  using cache = scratch();
  const { compiled = '' } = deliverCode(cache.path);
  await practise(cache.path);
  const kept = readFileSync(compiled);
  rmSync(compiled);
  writeFileSync(compiled, kept);
  spoil(compiled);
  await using pool = startPool({ cacheDir: cache.path });
  expect(await echoes(pool, 'hello')).toBe(true);
});

it('calls what programs call, to its end', async () => {
  using cache = scratch();
  await using pool = startPool({ cacheDir: cache.path });
  const { bytes } = prepareModule(practiceModule(), DEFAULT_LIMITS);
  const outcome = await callWith(pool, { digest: 'practice', module: bytes });
  expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
});
