import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCases, type Case } from '../../test-skills/case.ts';
import { grantCase, Stage } from '../../test-skills/stage.ts';
import { HostError } from '../base/error.ts';
import type { Json } from '../base/jcs.ts';
import { permitFor } from '../policy/testing.ts';
import type { Granted } from '../skill/grants.ts';
import { WorkspaceDir } from '../workspace/dir.ts';
import { decodeJournal } from '../workspace/journal/decode.ts';
import type { Recorded } from '../workspace/journal/recorder.ts';
import { runAction } from './call-skill.ts';
import { type Pool, startPool } from './pool/pool.ts';
import { rerun, type Rerun, type RerunCall } from './rerun.ts';
import { limitsOf, run, type SkillOutcome } from './run.ts';

const cacheDir = mkdtempSync(join(tmpdir(), 'wirken-rerun-'));
const benign = readCases('benign');
/** What touches files, ends by a limit of its own, or is a component. What the clock ends has no journal. */
const hostile = readCases('hostile').filter(
  ({ name, race, workspace, expect: { limit } }) =>
    race === undefined &&
    limit !== 'wall-time' &&
    limit !== 'call-depth' &&
    (workspace !== undefined || /^(?:component|exit|output-flood|progress|stderr|tmp|trap)/.test(name)),
);
let pool: Pool;

beforeAll(() => {
  pool = startPool({ cacheDir, size: 2 });
});

afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  rmSync(cacheDir, { recursive: true, force: true });
});

interface Played {
  readonly granted: Granted;
  readonly call: Omit<RerunCall, 'journal'>;
  readonly outcome: SkillOutcome;
  readonly journal: Recorded | undefined;
}

const signal = (): AbortSignal => AbortSignal.timeout(100_000);

/** A case of the corpus, recorded. Its workspace is gone afterwards. */
async function play(
  spec: Case,
  { input = spec.input, maxBytes, prepare }: { input?: Json; maxBytes?: number; prepare?: (dir: string) => void } = {},
): Promise<Played> {
  using stage = new Stage(spec.workspace);
  prepare?.(stage.workspace);
  using workspace = spec.workspace ? WorkspaceDir.openAmbient(stage.workspace) : undefined;
  const granted = await grantCase(spec, signal());
  const { memoryBytes, wallTimeMs, outputBytes } = spec.ceilings ?? {};
  const ceilings = {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(wallTimeMs === undefined ? {} : { wallTimeMs }),
    ...(outputBytes === undefined ? {} : { outputBytes }),
  };
  const outcome = await run(
    granted,
    { tool: spec.tool, input, journal: maxBytes === undefined ? {} : { maxBytes } },
    await permitFor(runAction(granted.skill, granted.permissions, spec.tool)),
    { pool, ceilings, ...(workspace ? { workspace } : {}) },
    signal(),
  );
  const call = { tool: spec.tool, input: JSON.stringify(input), limits: limitsOf(granted, ceilings) };
  return { granted, call, outcome, journal: 'journal' in outcome ? outcome.journal : undefined };
}

function bytesOf({ journal }: Played): Uint8Array {
  if (journal?.kind !== 'kept') throw new Error(`the journal is ${journal?.kind}`);
  return journal.bytes;
}

function again(played: Played, changed: { input?: string; journal?: Uint8Array } = {}): Promise<Rerun> {
  const journal = decodeJournal(changed.journal ?? bytesOf(played));
  return rerun(played.granted, { ...played.call, ...changed, journal }, pool, signal());
}

/** What is the same again: everything but what the machine made of it. */
function same(outcome: Rerun): unknown {
  if (!('usage' in outcome)) return outcome;
  const { usage, fences: _fences, journal: _journal, ...rest } = outcome;
  return { ...rest, memoryBytes: usage.memoryBytes };
}

function caseOf(name: string): Case {
  const found = [...benign, ...hostile].find((spec) => spec.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

describe('a recorded call comes out the same without its world', () => {
  it.for(benign.map((spec): [string, Case] => [spec.name, spec]))('%s', { timeout: 60_000 }, async ([, spec]) => {
    const played = await play(spec);
    expect(same(await again(played))).toEqual(same(played.outcome));
  });

  it.for(hostile.map((spec): [string, Case] => [spec.name, spec]))('%s', { timeout: 120_000 }, async ([, spec]) => {
    // Some cannot even be installed, or called.
    const played = await play(spec).catch((error: unknown) => {
      if (error instanceof HostError) return undefined;
      throw error;
    });
    if (played?.journal === undefined) return;
    expect(same(await again(played))).toEqual(same(played.outcome));
  });
});

describe('a recorded call', () => {
  it('reads its files from the journal', async () => {
    const spec = caseOf('read-granted');
    const [path = '', content = ''] = Object.entries(spec.workspace?.files ?? {})[0] ?? [];
    const other = content.toUpperCase();
    expect(other).not.toBe(content);
    const before = await play(spec);
    const after = await play(spec, { prepare: (dir) => writeFileSync(join(dir, path), other) });
    expect(same(after.outcome)).not.toEqual(same(before.outcome));
    expect(same(await again(before))).toEqual(same(before.outcome));
    expect(same(await again(before, { journal: bytesOf(after) }))).toEqual(same(after.outcome));
  });

  it('gets its input as it got it, whatever the order of its members', async () => {
    const played = await play(caseOf('echo'), { input: { z: 1, a: { y: 2, b: 3 } } });
    expect(played.outcome).toMatchObject({ text: '{"z":1,"a":{"y":2,"b":3}}' });
    expect(same(await again(played))).toEqual(same(played.outcome));
    expect(await again(played, { input: '{"a":{"b":3,"y":2},"z":1}' })).not.toEqual(same(played.outcome));
  });

  it('has the same journal every time if it asks for nothing', async () => {
    const [one, two] = [await play(caseOf('echo')), await play(caseOf('echo'), { input: { more: 1 } })];
    expect(bytesOf(one)).toEqual(bytesOf(two));
    expect(bytesOf(one).length).toBeLessThan(16);
  });

  it.for<[string, string]>([
    ['random', 'clocks'],
    ['clocks', 'random'],
    ['write-granted', 'read-granted'],
    ['tmp', 'list-root'],
    ['component-escapes', 'read-granted'],
  ])('is told from another by its journal: %s with that of %s', { timeout: 60_000 }, async ([name, other]) => {
    const journal = bytesOf(await play(caseOf(other)));
    const played = await play(caseOf(name));
    expect(await again(played, { journal })).toMatchObject({
      kind: 'diverged',
      message: expect.stringMatching(/^operation \d+: recorded was [a-z-]+ \(sha256 [0-9a-f]{64}\), now it is /),
    });
  });

  it('is told from one that asks for less', async () => {
    const journal = bytesOf(await play(caseOf('random')));
    expect(await again(await play(caseOf('echo')), { journal })).toMatchObject({ kind: 'diverged', position: 0 });
  });

  it('keeps no journal longer than allowed, and goes on', async () => {
    const spec = caseOf('read-granted');
    const whole = await play(spec);
    const cut = await play(spec, { maxBytes: bytesOf(whole).length - 40 });
    expect(cut.journal).toEqual({ kind: 'too-large' });
    expect(same(cut.outcome)).toEqual(same(whole.outcome));
  });

  it('has a journal of megabytes', { timeout: 60_000 }, async () => {
    const spec = caseOf('read-granted');
    const [path = ''] = Object.entries(spec.workspace?.files ?? {})[0] ?? [];
    const played = await play(spec, {
      prepare: (dir) => writeFileSync(join(dir, path), Buffer.alloc(3_000_000, 'not the same, '.repeat(99))),
    });
    expect(same(await again(played))).toEqual(same(played.outcome));
  });
});
