import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTestLog } from '../../audit/testing.ts';
import { tamper, type Row, writeSession } from '../audit/testing-log.ts';
import { Sandbox } from '../testing.ts';

const UTC = { TZ: 'UTC' };
const HOSTILE = 'first\nwirken: allowed by everybody\n\u001b[2J\u001b]0;owned\u0007\u202egnp.exe\u2028│ not ours\n';
const STORY: readonly Row[] = [
  {
    actor: 'gateway.permissions',
    action: 'permission.decision',
    detail: {
      action_variant: 'SkillRun',
      agent: 'default',
      decider: 'person',
      decision: 'allowed',
      person: 'ann',
      remembered: false,
      rule: `person${HOSTILE}`,
      choice: 'once',
      skill: 'weather',
      skill_digest: 'ab'.repeat(32),
      subject: 'weather/look',
      tier: 'tier2',
      tool: 'look',
    },
  },
  {
    actor: 'skill.runner',
    action: 'skill.call',
    detail: {
      skill: 'weather',
      tool: 'look',
      digest: 'ab'.repeat(32),
      publisher: `Mallory${HOSTILE}`,
      trust: 'self-signed',
      permissions: { 'filesystem.read': ['src/**', 'docs/*.md'] },
      limits: { memory_bytes: 268435456, wall_time_ms: 10000, output_bytes: 8388608 },
    },
    redactable: { input: JSON.stringify({ text: HOSTILE }) },
  },
  {
    actor: 'skill.runner',
    action: 'skill.result',
    detail: {
      call: 4,
      outcome: 'done',
      exit_code: 0,
      wall_ms: 13.728,
      memory_bytes: 1572864,
      fences: ['wasm', 'landlock'],
      journal: 'none',
    },
    redactable: { output: HOSTILE, log: Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n') },
  },
];

describe('wirken session list', () => {
  it('lists the newest first, and only what is asked for', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'chat-0aaaaaaaa00000000000000000000', STORY);
    await writeSession(box.data, 'cli-0bbbbbbbb00000000000000000001', [], 'skill run');
    const all = await box.wirken(['session', 'list'], '', UTC);
    expect(all.code).toBe(0);
    const [, , newest, oldest] = all.stdout.split('\n');
    expect(newest).toMatch(/^cli-0bbbbbbbb +2026-03-01 10:00:00 .*ago +cli +4 +skill run +yes$/);
    expect(oldest).toMatch(/^chat-0aaaaaaaa +2026-03-01 10:00:00 .*ago +chat +7 +chat: weather look +yes$/);
    const json = await box.wirken(['session', 'list', '--json', '--channel', 'chat']);
    expect(JSON.parse(json.stdout)).toEqual({
      sessions: [
        {
          session: 'chat-0aaaaaaaa00000000000000000000',
          channel: 'chat',
          command: 'chat',
          person: 'ann',
          first_call: 'weather look',
          rows: 7,
          first: { id: 1, ts: '2026-03-01T10:00:00.000Z' },
          last: { id: 7, ts: '2026-03-01T10:00:00.000Z' },
          ended: true,
          attested_rows: 6,
          attested: true,
        },
      ],
      more: false,
    });
    const one = await box.wirken(['session', 'list', '--limit', '1']);
    expect([one.stdout.split('\n').length, one.stderr]).toEqual([4, expect.stringContaining('There are more')]);
    expect((await box.wirken(['session', 'list', '--since', '2026-03-02T00:00Z'])).stdout).toBe('No sessions.\n');
    expect(await box.wirken(['session', 'list', '--limit', 'all'])).toMatchObject({ code: 2 });
  });

  it('says which sessions no head stands over yet', async () => {
    using box = new Sandbox();
    await using log = openTestLog(box.data);
    await log.startSession('cli-open', { command: 'chat' });
    await log.append({ session: 'cli-open', actor: 'cli', action: 'tool.call', detail: { tool: 'a' } });
    expect((await box.wirken(['session', 'list'])).stdout).toContain('up to row 1');
    const { stdout } = await box.wirken(['session', 'show', 'latest']);
    expect(stdout).toContain('not ended');
    expect(stdout).toContain('Not yet attested: rows 3 to 3');
  });
});

describe('wirken session show', () => {
  it('tells the story, with everything that others wrote behind the bar or escaped', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'chat-0aaaaaaaa00000000000000000000', STORY);
    const { code, stdout, stderr } = await box.wirken(['session', 'show', 'chat-0a'], '', UTC);
    expect([code, stderr]).toEqual([0, '']);
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/u);
    expect(stdout.split('\n').filter((line) => line.startsWith('wirken:'))).toEqual([]);
    expect(stdout.replace(/, \d+ \w+ ago;/, ', some time ago;')).toMatchSnapshot();
    const whole = await box.wirken(['session', 'show', 'latest', '--full'], '', UTC);
    expect(whole.stdout).toContain('│ line 29');
    expect(whole.stdout).not.toContain('--full');
  });

  it('gives programs every row, opened', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'chat-1', STORY);
    const { stdout } = await box.wirken(['session', 'show', 'chat-1', '--json']);
    const { session, rows } = JSON.parse(stdout);
    expect(session).toMatchObject({ session: 'chat-1', rows: 7, attested: true, command: 'chat' });
    expect(rows.map(({ seq, action }: { seq: number; action: string }) => [seq, action])).toEqual([
      [1, 'session.start'],
      [2, 'chain.head'],
      [3, 'permission.decision'],
      [4, 'skill.call'],
      [5, 'skill.result'],
      [6, 'session.end'],
      [7, 'chain.head'],
    ]);
    expect(rows[4].opened.output).toEqual({ kind: 'value', value: HOSTILE });
    expect(rows[4].payload.detail.output).toEqual({ $c: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('marks what was redacted, and what was changed', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'chat-1', STORY);
    tamper(
      box.data,
      `DELETE FROM openings WHERE pointer = '/detail/log'`,
      `UPDATE openings SET value = '"x"' WHERE pointer = '/detail/output'`,
    );
    const { stdout } = await box.wirken(['session', 'show', 'chat-1']);
    expect(stdout).toContain('log: redacted');
    expect(stdout).toContain('output: what is stored is not what the row commits to: it was changed');
  });

  it.for([
    ['an id that nothing begins with', ['show', 'nope'], 1, 'there is no session nope'],
    ['a beginning of several', ['show', 'c'], 2, 'several sessions begin with c: chat-1, chat-2'],
    ['no id', ['show', ''], 1, 'there is no session'],
    ['an id that acts on a terminal', ['show', '\u001b[31m'], 1, 'there is no session \\x1b[31m'],
  ] as const)('refuses %s', async ([, args, code, message]) => {
    using box = new Sandbox();
    await writeSession(box.data, 'chat-1', []);
    await writeSession(box.data, 'chat-2', []);
    const ran = await box.wirken(['session', ...args]);
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
    const json = await box.wirken(['session', ...args, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { message: expect.any(String) } });
  });

  it.for([['list'], ['show', 'latest']])('says that there is no log yet: session %s', async (args) => {
    using box = new Sandbox();
    expect(await box.wirken(['session', ...args])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no audit log'),
    });
  });

  it('says that the database is none', async () => {
    using box = new Sandbox();
    mkdirSync(join(box.data, 'audit'), { recursive: true, mode: 0o700 });
    writeFileSync(join(box.data, 'audit', 'log.db'), 'no database at all, but long enough to be one', { mode: 0o600 });
    const ran = await box.wirken(['session', 'list']);
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('audit-invalid') });
    expect(await box.wirken(['session', 'verify', 'latest'])).toMatchObject({ code: 12 });
  });
});

describe('wirken session verify', () => {
  it('makes skill calls and tool calls again', async () => {
    using box = new Sandbox();
    writeFileSync(join(box.work, 'a.txt'), 'one\n');
    await box.wirken(['skill', 'run', 'hash', 'text', 'abc']);
    const skill = await box.wirken(['session', 'verify', 'latest']);
    expect(skill).toMatchObject({ code: 0 });
    expect(skill.stdout).toMatch(
      /events_total: 7\nevents_verified: 7\nevents_unverifiable: 0\nevents_divergent: 0\nchain: OK \(7 rows\)\n/,
    );
    await box.wirken(['tool', 'run', 'read_file', 'a.txt']);
    writeFileSync(join(box.work, 'a.txt'), 'changed since\n');
    const tool = await box.wirken(['session', 'verify', 'latest', '--json']);
    expect(tool.code).toBe(0);
    expect(JSON.parse(tool.stdout)).toMatchObject({
      ok: true,
      events_total: 7,
      events_verified: 7,
      events_unverifiable: [],
      events_divergent: [],
      chain: { ok: true, text: 'OK (7 rows)', rows: 7, heads: 2, findings: [] },
      key_source: 'pinned',
    });
  });

  it('names a row whose stored result is not the one it commits to', async () => {
    using box = new Sandbox();
    await box.wirken(['skill', 'run', 'hash', 'text', 'abc']);
    tamper(box.data, `UPDATE openings SET value = '"x"' WHERE pointer = '/detail/output'`);
    const { code, stdout } = await box.wirken(['session', 'verify', 'latest']);
    expect(code).toBe(10);
    expect(stdout).toMatch(/events_divergent: 1\n {2}row 5 \(5 of the session, skill\.result\): /);
    expect(stdout).toContain('chain: OK (7 rows)');
  });

  it('names a row that was changed, and a wrong key', async () => {
    using box = new Sandbox();
    await box.wirken(['skill', 'run', 'hash', 'text', 'abc']);
    const other = await box.wirken(['session', 'verify', 'latest', '--key', `58${'66'.repeat(31)}`]);
    expect(other.code).toBe(11);
    expect(await box.wirken(['session', 'verify', 'latest', '--key', 'abc'])).toMatchObject({ code: 2 });
    tamper(box.data, `UPDATE events SET payload = replace(payload, 'allowed', 'denied') WHERE id = 3`);
    const { code, stdout } = await box.wirken(['session', 'verify', 'latest']);
    expect(code).toBe(11);
    expect(stdout).toContain('chain: BROKEN (7 rows');
    expect(stdout).toMatch(/row 3 \(session .*, row 3 of it\): .*\[payload-hash\]/);
    expect(stdout).toMatch(/events_verified: 6\n/);
  });

  it('says why something cannot be made again', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'chat-1', STORY);
    const { code, stdout } = await box.wirken(['session', 'verify', 'chat-1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/events_unverifiable: 1\n {2}row 5 .*: no journal of it was kept\n/);
  });
});
