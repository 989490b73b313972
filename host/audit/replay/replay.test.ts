import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ToolScene } from '../../agent/tools/testing.ts';
import { fixedClock } from '../../base/ports.ts';
import type { Detail } from '../../policy/event.ts';
import { TEST_ASKER } from '../../policy/testing.ts';
import { BundledSkills, bundledGrants } from '../../skill/bundled.ts';
import { projectRoot, PROJECT_ROOT_NAME } from '../../skill/builtin.ts';
import { grant, type Granted } from '../../skill/grants.ts';
import { parseSkillName } from '../../skill/names.ts';
import { NO_TRUST } from '../../skill/trust-file.ts';
import type { Pool } from '../../wasi/pool/pool.ts';
import { JournalRecorder } from '../../workspace/journal/recorder.ts';
import { sha256Hex } from '../blobs.ts';
import { testData } from '../testing.ts';
import type { ReplayReport } from './report.ts';
import { ReplayScene, SESSION, startTestPool } from './fixtures/scene.ts';

const cache = testData();
let pool: Pool;
let scene: ReplayScene;

beforeAll(() => {
  pool = startTestPool(cache.path);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  cache[Symbol.dispose]();
});
beforeEach(() => {
  scene = new ReplayScene(pool);
});
afterEach(() => scene[Symbol.asyncDispose]());

/** Without the counts. */
function doubts({ events_unverifiable, events_divergent }: ReplayReport): readonly string[] {
  return [
    ...events_unverifiable.map(({ action, why }) => `${action} unverifiable: ${why}`),
    ...events_divergent.map(({ action, reason }) => `${action} divergent: ${reason}`),
  ];
}

/** How a number of rows comes out when nothing is wrong. */
function fine(rows: number): ReplayReport {
  return { events_total: rows, events_verified: rows, events_unverifiable: [], events_divergent: [] };
}

function codeStats(): Granted {
  const skills = new BundledSkills({
    dir: fileURLToPath(new URL('../../../skills', import.meta.url)),
    roots: new Map([[projectRoot(), PROJECT_ROOT_NAME]]),
    revoked: () => NO_TRUST.revoked,
    clock: fixedClock('2026-12-01T00:00:00Z'),
  });
  const name = parseSkillName('code-stats');
  if (name === undefined) throw new Error('code-stats is a name');
  const verified = skills.load(name);
  return grant(verified, bundledGrants(verified.value));
}

/** A skill that reads, with a workspace of its own. */
async function playCodeStats(): Promise<void> {
  using dir = testData();
  mkdirSync(join(dir.path, 'src'));
  for (const file of ['a.ts', 'src/b.c']) writeFileSync(join(dir.path, file), `// ${file}\nlet x = 1;\n`.repeat(99));
  const outcome = await scene.call(codeStats(), 'code-stats', {}, dir.path);
  expect(outcome).toMatchObject({ kind: 'done' });
}

describe('a session', () => {
  it('comes out the same, whatever its skills did, without their workspaces', { timeout: 120_000 }, async () => {
    await playCodeStats();
    const names = [
      'clocks',
      'random',
      'tmp',
      'list-root',
      'read-granted',
      'write-granted',
      'component-skill',
      'component-command',
      'component-escapes',
      'display',
      'exit-code',
      'exit-nonzero',
      'output-breaks-schema',
      'output-flood',
      'progress',
      'trap-unreachable',
      'module-invalid-code',
    ];
    for (const name of names) await scene.play(name);
    const seen: number[] = [];
    const report = await scene.report({}, { onProgress: (events) => seen.push(events) });
    expect(doubts(report)).toEqual([]);
    // The session begins with a head.
    expect(report).toEqual(fine(report.events_total));
    expect(report.events_total).toBeGreaterThanOrEqual(2 * (names.length + 1));
    expect(seen).toEqual(Array.from({ length: report.events_total }, (_, at) => at + 1));
  });

  it('comes out the same with the tools that read, though the files are others by now', async () => {
    using tools = new ToolScene({ audit: scene.log, caller: { ...TEST_ASKER, session: SESSION } });
    tools.put('a/x.txt', 'one\ntwo\nthree\n');
    tools.put('a/y.bin', Uint8Array.of(0, 1, 2));
    tools.put('b.txt', 'two\n'.repeat(5000));
    const calls: [string, Detail][] = [
      ['read_file', { path: 'a/x.txt' }],
      ['read_file', { path: 'a/y.bin' }],
      ['read_file', { path: 'b.txt', offset_line: 70 }],
      ['read_file', { path: 'missing' }],
      ['read_file', { path: '../outside/secret.txt' }],
      ['read_file', { wrong: 1 }],
      ['list_files', { path: '.' }],
      ['search_files', { pattern: 'two' }],
      ['search_files', { pattern: '(' }],
      ['write_file', { path: 'new.txt', content: 'x' }],
      ['no_such_tool', {}],
    ];
    for (const [name, args] of calls) await tools.call(name, args);
    tools.put('a/x.txt', 'changed');
    rmSync(tools.path('b.txt'));
    const report = await scene.report();
    expect(doubts(report)).toEqual([]);
    expect(report.events_total).toBeGreaterThanOrEqual(2 * calls.length);
  });

  it('stops when it is told to', async () => {
    await scene.play('echo');
    const reason = new Error('enough');
    await expect(scene.report({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('what cannot be made again is unverifiable, and says why', () => {
  const why = async (ports = {}): Promise<readonly string[]> => doubts(await scene.report(ports));

  it('a call whose skill is not there', async () => {
    await scene.play('echo');
    scene.skills.clear();
    expect(await why()).toEqual(['skill.result unverifiable: it is not installed']);
  });

  it('a call that the clock ended', async () => {
    await scene.play('endless-loop', { wallTimeMs: 300 });
    expect(await why()).toEqual([
      'skill.result unverifiable: the limit wall-time ended it, and whether it does depends on the machine',
    ]);
  });

  it('a call that the stack ended', async () => {
    await scene.play('deep-recursion');
    expect(await why()).toEqual([
      'skill.result unverifiable: the limit call-depth ended it, and whether it does depends on the machine',
    ]);
  });

  it.for([
    ['output', 'output: it was redacted'],
    ['journal_blob', 'journal_blob: it was redacted'],
  ])('a call whose %s was redacted', async ([member, reason]) => {
    await playCodeStats();
    scene.tamper((db) => db.prepare('DELETE FROM openings WHERE pointer = ?').run(`/detail/${member}`));
    expect(await why()).toEqual([`skill.result unverifiable: ${reason}`]);
  });

  it('a call whose input was redacted', async () => {
    await playCodeStats();
    scene.tamper((db) => db.prepare(`DELETE FROM openings WHERE pointer = '/detail/input'`).run());
    expect(await why()).toEqual(['skill.result unverifiable: input: it was redacted']);
  });

  it('a call whose journal is gone', async () => {
    await playCodeStats();
    scene.tamper((db) => db.prepare('DELETE FROM blobs').run());
    expect(await why()).toEqual([
      expect.stringMatching(/^skill\.result unverifiable: journal_blob: its \d+ bytes are not in the log$/),
    ]);
  });

  it.for<[string, Detail, string]>([
    ['a journal that was too large', { outcome: 'done', journal: 'too-large' }, 'it learnt more from the world'],
    ['no journal', { outcome: 'done', journal: 'none' }, 'no journal of it was kept'],
    ['a crash', { outcome: 'crashed' }, 'it did not end by itself'],
    ['a call that was cancelled', { outcome: 'failed', code: 'cancelled' }, 'it did not end by itself'],
    ['memory that the machine had not', { outcome: 'limit', limit: 'memory' }, 'the limit memory ended it'],
    ['an outcome of another version', { outcome: 'pondered' }, 'it did not end by itself'],
  ])('%s', async ([, detail, reason]) => {
    await scene.play('echo');
    const call = await scene.append(callRow(scene));
    await scene.append({ action: 'skill.result', detail: { call, ...detail } });
    const [first = '', ...more] = await why();
    expect(first).toContain(`skill.result unverifiable: ${reason}`);
    expect(more).toEqual([]);
  });

  it.for<[string, object]>([
    ['a runner that crashes', { kind: 'crashed', message: 'SIGKILL' }],
    ['a module that is refused by now', { kind: 'refused', code: 'module-invalid', message: 'no' }],
    ['time that was not enough', { kind: 'limit', limit: 'wall-time', message: 'no' }],
  ])('%s', async ([, outcome]) => {
    await scene.play('echo');
    expect(await why({ runSkill: () => Promise.resolve(outcome) })).toEqual([
      expect.stringMatching(/^skill\.result unverifiable: (?:it could not be made again|this machine does not run it)/),
    ]);
  });

  it('a call that the log could not take', async () => {
    await scene.append({ action: 'skill.result', detail: { call: 0, outcome: 'done', journal: 'none' } });
    expect(await why()).toEqual(['skill.result unverifiable: the log could not be written when it was called']);
  });
});

/** The row of a call of the only skill. */
function callRow({ skills }: ReplayScene, changed: Detail = {}) {
  const [granted] = skills.values();
  if (granted === undefined) throw new Error('nothing was played');
  const { name, digest } = granted.skill;
  const limits = { memory_bytes: 268_435_456, wall_time_ms: 10_000, output_bytes: 8_388_608 };
  return {
    action: 'skill.call',
    detail: { skill: name, tool: 'run', digest, limits, ...changed },
    redactable: { input: '{"a":1}' },
  } as const;
}

/** The row of a result with the journal of a call that asked for nothing, or another. */
function resultRow(call: number, changed: Detail = {}, redactable: Detail = {}, journal = emptyJournal()) {
  return {
    action: 'skill.result',
    detail: { call, outcome: 'done', exit_code: 0, journal: 'kept', ...changed },
    redactable: {
      output: '{"a":1}',
      ...redactable,
      journal_blob: { $blob: sha256Hex(journal), bytes: journal.length },
    },
    blobs: [journal],
  } as const;
}

function emptyJournal(): Uint8Array {
  const recorded = new JournalRecorder({ resolutionNs: 1_000_000n }).finish();
  if (recorded.kind !== 'kept') throw new Error('too large');
  return recorded.bytes;
}

describe('what comes out otherwise is divergent', () => {
  const reasons = async (): Promise<readonly string[]> => doubts(await scene.report());
  const DIGEST = '[0-9a-f]{64}';

  it('is fine as the rows of these tests are', async () => {
    await scene.play('echo');
    await scene.append(resultRow(await scene.append(callRow(scene))));
    expect(await reasons()).toEqual([]);
  });

  it.for<[string, Detail, Detail, RegExp]>([
    [
      'another output',
      {},
      { output: '{"a":2}' },
      new RegExp(`output: recorded was sha256 ${DIGEST}, now it is sha256`),
    ],
    ['an output more', {}, { log: 'something' }, /^skill\.result divergent: log: recorded was sha256/],
    ['another outcome', { outcome: 'trap' }, {}, /outcome: recorded was trap, now it is done$/],
    ['another exit code', { exit_code: 3 }, {}, /exit_code: recorded was 3, now it is 0$/],
  ])('%s', async ([, detail, redactable, reason]) => {
    await scene.play('echo');
    await scene.append(resultRow(await scene.append(callRow(scene)), detail, redactable));
    expect(await reasons()).toEqual([expect.stringMatching(reason)]);
  });

  it.for<[string, Detail, RegExp]>([
    ['a tool that the skill has not', { tool: 'other' }, /^skill\.result divergent: tool: /],
    ['limits beyond all limits', { limits: { memory_bytes: 2 ** 45, wall_time_ms: 1, output_bytes: 1 } }, /its call/],
    ['no limits', { limits: null }, /its call, row \d+, is not as wirken writes one$/],
    ['no digest', { digest: 7 }, /its call, row \d+, is not as wirken writes one$/],
  ])('%s', async ([, detail, reason]) => {
    await scene.play('echo');
    await scene.append(resultRow(await scene.append(callRow(scene, detail))));
    expect(await reasons()).toEqual([expect.stringMatching(reason)]);
  });

  it('a journal of another call', async () => {
    await scene.play('echo');
    const recorder = new JournalRecorder({ resolutionNs: 1_000_000n });
    recorder.questions.byte(2);
    recorder.answers.realtime(5n);
    const recorded = recorder.finish();
    const journal = recorded.kind === 'kept' ? recorded.bytes : new Uint8Array();
    await scene.append(resultRow(await scene.append(callRow(scene)), {}, {}, journal));
    expect(await reasons()).toEqual([
      expect.stringMatching(
        new RegExp(
          `^skill\\.result divergent: operation 0: recorded was realtime \\(sha256 ${DIGEST}\\), now it is end`,
        ),
      ),
    ]);
  });

  it('a journal that is none', async () => {
    await scene.play('echo');
    const call = await scene.append(callRow(scene));
    await scene.append(resultRow(call, {}, {}, Uint8Array.of(0xff, 1, 2)));
    expect(await reasons()).toEqual([
      expect.stringContaining('skill.result divergent: journal_blob: the journal of a call is no journal'),
    ]);
  });

  it.for([
    [`UPDATE openings SET value = '"{}"' WHERE pointer = '/detail/output'`, 'skill.result', 'output'],
    [`UPDATE openings SET salt = zeroblob(32) WHERE pointer = '/detail/output'`, 'skill.result', 'output'],
    [`UPDATE openings SET value = '"{}"' WHERE pointer = '/detail/journal_blob'`, 'skill.result', 'journal_blob'],
    [`UPDATE blobs SET encoding = 'raw', data = zeroblob(bytes)`, 'skill.result', 'journal_blob'],
    [`UPDATE blobs SET data = substr(data, 2)`, 'skill.result', 'journal_blob'],
  ] as const)('%s', async ([sql, action, member]) => {
    await playCodeStats();
    scene.tamper((db) => db.exec(sql));
    expect(await reasons()).toEqual([`${action} divergent: ${member}: what is stored is not what the row commits to`]);
  });

  it('an input that was exchanged, at its call', async () => {
    await playCodeStats();
    scene.tamper((db) => db.exec(`UPDATE openings SET value = '"[]"' WHERE pointer = '/detail/input'`));
    expect(await reasons()).toEqual([
      'skill.call divergent: input: what is stored is not what the row commits to',
      'skill.result divergent: input: what is stored is not what the row commits to',
    ]);
  });

  it('a journal that is not the one that the row names', async () => {
    await scene.play('echo');
    await scene.append(resultRow(await scene.append(callRow(scene))));
    expect(doubts(await scene.report({ blob: () => emptyJournal().slice(1) }))).toEqual(
      ['first', 'second'].map(
        () => 'skill.result divergent: journal_blob: what is stored is not what the row commits to',
      ),
    );
  });

  it.for<[string, (call: number) => number]>([
    ['a result of no call', () => 99],
    ['a second result of one call', (call) => call],
  ])('%s', async ([, of]) => {
    await scene.play('echo');
    const call = await scene.append(callRow(scene));
    await scene.append(resultRow(call));
    await scene.append(resultRow(of(call)));
    expect(await reasons()).toEqual([
      `skill.result divergent: call: row ${of(call)} is no skill.call that waits for it`,
    ]);
  });

  it.for<[string, Detail, Detail, string]>([
    ['a refusal of another kind', { code: 'io' }, {}, 'code: recorded was io, now it is arguments-invalid'],
    ['a result where there was none', { outcome: 'done' }, {}, 'outcome: recorded was done, now it is failed'],
    ['a result of another tool', { tool: 'list_files' }, {}, 'tool: it is not the one of its call'],
    ['a refusal in other words', {}, { message: 'no' }, 'message: recorded was sha256'],
    ['arguments that are good', { outcome: 'failed' }, { arguments: { path: 'x' } }, 'operation 0: recorded was end'],
  ])('%s', async ([, detail, redactable, reason]) => {
    const { arguments: args = { wrong: 1 }, ...said } = redactable;
    const call = await scene.append({
      action: 'tool.call',
      detail: { tool: 'read_file', action_variant: 'WorkspaceRead' },
      redactable: { arguments: args },
    });
    const journal = emptyJournal();
    await scene.append({
      action: 'tool.result',
      detail: { tool: 'read_file', call, outcome: 'failed', code: 'arguments-invalid', journal: 'kept', ...detail },
      redactable: { message: '', ...said, journal_blob: { $blob: sha256Hex(journal), bytes: journal.length } },
      blobs: [journal],
    });
    const [first, ...more] = await reasons();
    expect(first).toContain(`tool.result divergent: ${reason}`);
    expect(more).toEqual([]);
  });

  it('a tool that now answers something else', async () => {
    using tools = new ToolScene({ audit: scene.log, caller: { ...TEST_ASKER, session: SESSION } });
    tools.put('x.txt', 'one\n');
    await tools.call('read_file', { path: 'x.txt' });
    const other = new Map([['read_file', () => Promise.resolve({ text: 'two' })]]);
    expect(doubts(await scene.report({ tools: other }))).toEqual([
      expect.stringMatching(/^tool\.result divergent: operation 0: recorded was [a-z-]+ .*now it is end /),
    ]);
  });
});
