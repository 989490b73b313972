import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HostError } from '../host/base/error.ts';
import type { Granted } from '../host/skill/grants.ts';
import { startPool, type Pool } from '../host/wasi/pool/pool.ts';
import { runAction } from '../host/wasi/call-skill.ts';
import { permitFor } from '../host/policy/testing.ts';
import { run, type SkillCall, type SkillOutcome } from '../host/wasi/run.ts';
import { WorkspaceDir } from '../host/workspace/dir.ts';
import { readCases, type Case, type CaseExpect } from './case.ts';
import { grantCase, SECRET, snapshot, Stage } from './stage.ts';

type Ended = SkillOutcome | { readonly kind: 'error'; readonly code: string; readonly message: string };

const cacheDir = mkdtempSync(join(tmpdir(), 'wirken-corpus-'));
const benign = readCases('benign');
let pool: Pool;
let echo: Granted;

beforeAll(async () => {
  pool = startPool({ cacheDir });
  const spec = benign.find((one) => one.name === 'echo');
  if (spec === undefined) throw new Error('benign/echo must be there');
  echo = await grantCase(spec, AbortSignal.timeout(60_000));
});

afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(cacheDir, { recursive: true, force: true });
});

describe('benign', () => {
  it.for(benign.map((spec): [string, Case] => [spec.name, spec]))('%s', { timeout: 60_000 }, ([, spec]) => play(spec));
});

describe('hostile', () => {
  it.for(readCases('hostile').map((spec): [string, Case] => [spec.name, spec]))(
    '%s',
    { timeout: 120_000 },
    async ([, spec]) => {
      await play(spec);
      // The host goes on serving, on the very same pool.
      const after = await run(
        echo,
        { tool: 'run', input: { still: 'here' } },
        await permitFor(runAction(echo.skill, echo.permissions, 'run')),
        { pool, ceilings: {} },
        AbortSignal.timeout(30_000),
      );
      expect(after).toMatchObject({ kind: 'done', output: { still: 'here' } });
    },
  );
});

async function play(spec: Case): Promise<void> {
  using stage = new Stage(spec.workspace);
  const before = snapshot(stage.workspace);
  const outside = snapshot(stage.outside);
  const events: unknown[] = [];
  using _racer = spec.race ? await startRace(stage, spec.race) : undefined;
  const ended = await callOf(spec, stage, events);
  if (spec.deterministic) expect(textOf(await callOf(spec, stage, []))).toBe(textOf(ended));
  check(spec.expect, ended, events);
  expect(JSON.stringify(ended, bigintsAsText)).not.toContain(SECRET);
  if (!spec.race) {
    expect(snapshot(stage.outside)).toEqual(outside);
    expect(snapshot(stage.workspace)).toEqual(changed(before, spec.expect.workspaceAfter ?? {}));
  } else {
    expect(snapshot(stage.outside)).toEqual(outside);
  }
}

async function callOf(spec: Case, stage: Stage, events: unknown[]): Promise<Ended> {
  const signal = AbortSignal.timeout(100_000);
  const call: SkillCall = {
    tool: spec.tool,
    input: spec.input,
    ...(spec.deterministic
      ? { determinism: { startNs: 1_800_000_000_000_000_000n, stepNs: 1_000_000n, seed: new Uint8Array(32).fill(7) } }
      : {}),
  };
  using workspace = spec.workspace ? WorkspaceDir.openAmbient(stage.workspace) : undefined;
  const { memoryBytes, wallTimeMs, outputBytes } = spec.ceilings ?? {};
  const ceilings = {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(wallTimeMs === undefined ? {} : { wallTimeMs }),
    ...(outputBytes === undefined ? {} : { outputBytes }),
  };
  const onProgress = (event: unknown): void => void events.push(event);
  try {
    const granted = await grantCase(spec, signal);
    const permit = await permitFor(runAction(granted.skill, granted.permissions, call.tool));
    return await run(
      granted,
      call,
      permit,
      { pool, ceilings, onProgress, ...(workspace ? { workspace } : {}) },
      signal,
    );
  } catch (error) {
    if (error instanceof HostError) return { kind: 'error', code: error.code, message: error.message };
    throw error;
  }
}

function check(expected: CaseExpect, ended: Ended, events: readonly unknown[]): void {
  const kinds = expected.kinds ?? (expected.kind === undefined ? [] : [expected.kind]);
  // A module that is refused when it is prepared rather than when it is called is refused all the same.
  const kind = ended.kind === 'error' && kinds.includes('refused') ? 'refused' : ended.kind;
  expect(kinds, JSON.stringify(ended, bigintsAsText)?.slice(0, 2000)).toContain(kind);
  const message = 'message' in ended ? ended.message : '';
  const log = 'log' in ended ? ended.log : '';
  if (expected.code !== undefined) expect(ended).toMatchObject({ code: expected.code });
  if (expected.limit !== undefined) expect(ended).toMatchObject({ limit: expected.limit });
  if (expected.output !== undefined) expect('output' in ended ? ended.output : undefined).toEqual(expected.output);
  if (expected.text !== undefined) expect(textOf(ended)).toBe(expected.text);
  if (expected.textBytes !== undefined) expect(Buffer.byteLength(textOf(ended))).toBe(expected.textBytes);
  if (expected.display !== undefined) expect(ended).toMatchObject({ display: expected.display });
  if (expected.exitCode !== undefined) expect(ended).toMatchObject({ exitCode: expected.exitCode });
  if (expected.messageContains !== undefined) expect(message).toContain(expected.messageContains);
  if (expected.messageLacks !== undefined) expect(message).not.toContain(expected.messageLacks);
  if (expected.logContains !== undefined) expect(log).toContain(expected.logContains);
  if (expected.maxLogBytes !== undefined) expect(Buffer.byteLength(log)).toBeLessThanOrEqual(expected.maxLogBytes);
  if (expected.progress !== undefined) expect(events).toHaveLength(expected.progress);
  if (expected.maxProgress !== undefined) expect(events.length).toBeLessThanOrEqual(expected.maxProgress);
}

function textOf(ended: Ended): string {
  return ended.kind === 'done' ? ended.text : '';
}

function changed(before: Record<string, string>, after: Record<string, string | null>): Record<string, string> {
  const whole = { ...before };
  for (const [path, content] of Object.entries(after)) {
    if (content === null) delete whole[path];
    else whole[path] = content;
  }
  return whole;
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

async function startRace(stage: Stage, race: { readonly swap: string; readonly with: string }): Promise<Disposable> {
  const dir = join(stage.workspace, race.swap);
  const racer = spawn(process.execPath, [join(import.meta.dirname, 'race.mjs'), dir, race.with], { stdio: 'ignore' });
  while (!existsSync(`${dir}.ready`)) await sleep(5);
  return { [Symbol.dispose]: () => void racer.kill('SIGKILL') };
}
