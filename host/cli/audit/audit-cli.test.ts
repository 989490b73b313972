import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ran, Sandbox } from '../testing.ts';
import { type Row, tamper, writeSession } from './testing-log.ts';

const SECRET = 'correct horse battery staple, and nobody may ever read it again';
const CALL: Row = {
  actor: 'agent',
  action: 'tool.call',
  detail: { tool: 'exec', action_variant: 'ShellExec' },
  redactable: { arguments: SECRET },
};
const OTHER_KEY = `58${'66'.repeat(31)}`;

/** Ten rows: two sessions of five. */
async function twoSessions(box: Sandbox): Promise<void> {
  await writeSession(box.data, 'cli-1', [CALL]);
  await writeSession(box.data, 'chat-2', [CALL]);
}

async function keyOf(box: Sandbox): Promise<string> {
  return (await box.wirken(['audit', 'key'])).stdout.trim();
}

describe('wirken audit verify', () => {
  it('finds a whole log good, and says what it cannot see', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    const { code, stdout } = await box.wirken(['audit', 'verify']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^audit log: OK\n {2}rows {9}10 in 2 sessions, 4 of them signed heads\n/);
    expect(stdout).toContain('pinned beside the log');
    expect(stdout).toContain('not seen: Without a checkpoint kept elsewhere');
    const key = await keyOf(box);
    const json = JSON.parse((await box.wirken(['audit', 'verify', '--json', '--key', key])).stdout);
    expect(json).toMatchObject({
      ok: true,
      exit_code: 0,
      key,
      key_source: 'given',
      rows: 10,
      sessions: 2,
      heads: 4,
      tree: { size: 10, given_checkpoints: 0, verified_size: 9 },
      content: { opened: 2, redacted: 0, not_kept: 0, not_given: 0 },
      unattested: { rows: 0, sessions: [] },
      findings: [],
      counts: {},
    });
  });

  it.for([
    [
      'a changed payload',
      `UPDATE events SET payload = replace(payload, 'exec', 'none') WHERE id = 3`,
      11,
      /row 3 \(session cli-1, row 3 of it\): .*\[payload-hash\]/,
    ],
    ['a changed column', `UPDATE events SET actor = 'cli' WHERE id = 3`, 11, /row 3 .*\[columns\]/],
    ['a removed row', `DELETE FROM events WHERE id = 4`, 11, /row 5 .*row 4 is missing.*\[id-gap\]/],
    ['a removed session', `DELETE FROM events WHERE session = 'cli-1'`, 11, /row 6 .*\[id-gap\]/],
    [
      'a cut-off tail that the kept checkpoints show',
      `DELETE FROM events WHERE id > 7`,
      11,
      /the log: .*\[checkpoint-ahead\]/,
    ],
    ['a changed value', `UPDATE openings SET value = '"x"' WHERE event_id = 3`, 10, /row 3 .*\[opening-mismatch\]/],
    ['a removed value', `DELETE FROM openings WHERE event_id = 3`, 10, /row 3 .*\[opening-missing\]/],
    ['no rows at all', `DELETE FROM events`, 11, /\[checkpoint-ahead\]/],
  ] as const)('names %s', async ([, sql, code, finding]) => {
    using box = new Sandbox();
    await twoSessions(box);
    tamper(box.data, sql);
    const ran = await box.wirken(['audit', 'verify']);
    expect(ran.stdout).toMatch(finding);
    expect(ran.code).toBe(code);
    const json = JSON.parse((await box.wirken(['audit', 'verify', '--json'])).stdout);
    expect(json).toMatchObject({ ok: false, exit_code: code });
    expect(json.findings.length).toBeGreaterThan(0);
  });

  it('sees against a checkpoint kept elsewhere what the log itself hides', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    expect(await box.wirken(['audit', 'checkpoint', '--out', 'note'])).toMatchObject({ code: 0 });
    await writeSession(box.data, 'cli-3', []);
    expect(await box.wirken(['audit', 'verify', '--checkpoint', 'note'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 kept elsewhere'),
    });
    tamper(
      box.data,
      `DELETE FROM events WHERE id > 5`,
      `DELETE FROM checkpoints WHERE size > 4`,
      `DELETE FROM openings WHERE event_id > 5`,
    );
    expect(await box.wirken(['audit', 'verify'])).toMatchObject({ code: 0 });
    const { code, stdout } = await box.wirken(['audit', 'verify', '--checkpoint', 'note']);
    expect([code, stdout]).toEqual([11, expect.stringContaining('note was signed over 10 rows, and there are 5')]);
  });

  it('reads what the config keeps elsewhere', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    const file = join(box.root, 'kept');
    writeFileSync(join(box.data, 'config.yaml'), `audit:\n  checkpoints: ${file}\n`);
    await box.wirken(['skill', 'run', 'hash', 'text', 'abc']);
    await box.wirken(['skill', 'run', 'hash', 'text', 'abc']);
    const { code, stdout, stderr } = await box.wirken(['audit', 'verify']);
    expect([code, stderr]).toEqual([0, expect.stringContaining(file)]);
    expect(stdout).toMatch(/[1-9] kept elsewhere/);
    expect(readFileSync(file, 'utf8').match(/^wirken\/audit\//gm)?.length).toBeGreaterThan(1);
  });

  it.for([
    ['another key', ['--key', OTHER_KEY], 11, 'head-key'],
    ['a key that is none', ['--key', 'abc'], 2, '64 hex digits'],
    ['a key that fits everything', ['--key', '00'.repeat(32)], 2, '--key'],
    ['a checkpoint that is not there', ['--checkpoint', 'gone'], 12, 'there is no file gone'],
    ['a checkpoint that is none', ['--checkpoint', 'junk'], 11, 'checkpoint-invalid'],
    ['an export that is not there', ['--export', 'gone'], 12, 'gone'],
    ['a session that is not there', ['--session', 'gone'], 12, 'no session gone'],
  ] as const)('answers %s', async ([, args, code, message]) => {
    using box = new Sandbox();
    await twoSessions(box);
    writeFileSync(join(box.work, 'junk'), 'not a note\n\nreally\n');
    const ran = await box.wirken(['audit', 'verify', ...args]);
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([code, expect.stringContaining(message)]);
  });

  it('says that there is nothing to verify, or that it is damaged', async () => {
    using box = new Sandbox();
    expect(await box.wirken(['audit', 'verify'])).toMatchObject({ code: 12, stdout: '' });
    expect(await box.wirken(['audit', 'verify', '--key', OTHER_KEY])).toMatchObject({ code: 12 });
    await twoSessions(box);
    const file = join(box.data, 'audit', 'log.db');
    truncateSync(file, Math.floor(statSync(file).size / 2));
    const ran = await box.wirken(['audit', 'verify']);
    expect([11, 12]).toContain(ran.code);
    expect(ran.stdout + ran.stderr).toMatch(/damaged|cannot be read/);
    const listed = await box.wirken(['audit', 'log']);
    expect(listed).toMatchObject({ code: 1, stderr: expect.stringMatching(/audit-invalid|damaged/) });
  });
});

describe('wirken audit export', () => {
  it('comes back whole, with and without what the rows commit to', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    const key = await keyOf(box);
    const made = await box.wirken(['audit', 'export', '--out', 'log.jsonl', '--checkpoint', 'note', '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({
      ok: true,
      rows: 10,
      checkpoint: expect.stringContaining('wirken/audit/'),
    });
    expect(readFileSync(join(box.work, 'log.jsonl'), 'utf8')).not.toContain(SECRET);
    const verified = await box.wirken([
      'audit',
      'verify',
      '--export',
      'log.jsonl',
      '--checkpoint',
      'note',
      '--key',
      key,
    ]);
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/^export: OK\n {2}rows {9}10/)]);
    const whole = await box.wirken(['audit', 'export', '--with-openings']);
    expect(whole.stdout).toContain(SECRET);
    writeFileSync(join(box.work, 'whole.jsonl'), whole.bytes);
    const opened = await box.wirken(['audit', 'verify', '--export', 'whole.jsonl', '--key', key]);
    expect([opened.code, opened.stdout]).toEqual([0, expect.stringContaining('2 opened')]);
    writeFileSync(join(box.work, 'cut.jsonl'), whole.bytes.subarray(0, whole.bytes.length - 40));
    const cut = await box.wirken(['audit', 'verify', '--export', 'cut.jsonl', '--key', key]);
    expect([cut.code, cut.stdout]).toEqual([12, expect.stringContaining('cut in the middle')]);
    writeFileSync(join(box.work, 'forged.jsonl'), whole.stdout.replace('chat-2', 'chat-3'));
    expect(await box.wirken(['audit', 'verify', '--export', 'forged.jsonl', '--key', key])).toMatchObject({ code: 11 });
  });

  it('exports one session, which verifies as one', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    await box.wirken(['audit', 'export', '--session', 'chat', '--out', 'one.jsonl']);
    expect(await box.wirken(['audit', 'verify', '--export', 'one.jsonl', '--session', 'chat-2'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('One session alone'),
    });
    expect(await box.wirken(['audit', 'verify', '--export', 'one.jsonl'])).toMatchObject({ code: 11 });
  });

  it('exports a span of time, and says that it does not verify', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    await box.wirken(['skill', 'run', 'hash', 'text', 'abc']);
    const { stdout, stderr } = await box.wirken([
      'audit',
      'export',
      '--since',
      '2026-03-01T10:00Z',
      '--until',
      '2026-03-01T11:00Z',
    ]);
    expect(stdout.trimEnd().split('\n').length).toBe(10);
    expect(stderr).toContain('does not verify by itself');
  });

  it('replaces a file only when told to, and leaves none that is half written', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    writeFileSync(join(box.work, 'mine'), 'mine');
    const refused = await box.wirken(['audit', 'export', '--out', 'mine']);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('is there already') });
    expect(readFileSync(join(box.work, 'mine'), 'utf8')).toBe('mine');
    expect(await box.wirken(['audit', 'export', '--out', 'mine', '--force'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(box.work, 'mine'), 'utf8')).toContain('"session":"chat-2"');
    tamper(box.data, `UPDATE events SET hash = 'no hash' WHERE id = 9`);
    await box.wirken(['audit', 'export', '--out', 'other']);
    expect(await box.wirken(['audit', 'export', '--out', 'no/such/dir'])).toMatchObject({ code: 1 });
    expect(readdirSync(box.work).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
  });
});

describe('wirken audit prove', () => {
  it('proves a row and growth, to whoever has the key', async () => {
    using box = new Sandbox();
    await writeSession(box.data, 'cli-1', [CALL]);
    await box.wirken(['audit', 'checkpoint', '--out', 'early']);
    await writeSession(box.data, 'chat-2', [CALL]);
    const key = await keyOf(box);
    expect(await box.wirken(['audit', 'prove', '3', '--out', 'row'])).toMatchObject({ code: 0 });
    const checked = await box.wirken(['audit', 'prove', '--check', 'row', '--key', key]);
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('tool.call') });
    const json = JSON.parse((await box.wirken(['audit', 'prove', '--check', 'row', '--key', key, '--json'])).stdout);
    expect(json).toMatchObject({
      ok: true,
      kind: 'wirken/audit-row-proof/v1',
      size: 9,
      row: { id: 3 },
      key_source: 'given',
    });
    const growth = await box.wirken(['audit', 'prove', '--from', 'early']);
    const grew = await box.wirken(['audit', 'prove', '--check', '-', '--key', key], growth.stdout);
    expect(grew).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('over 9 rows begins with that of the checkpoint over 5'),
    });

    const forged = readFileSync(join(box.work, 'row'), 'utf8').replace('exec', 'none');
    const refusals: readonly Ran[] = [
      await box.wirken(['audit', 'prove', '--check', '-', '--key', key], forged),
      await box.wirken(['audit', 'prove', '--check', 'row', '--key', OTHER_KEY]),
      await box.wirken(['audit', 'prove', '--check', '-', '--key', key], 'no proof'),
    ];
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('audit-invalid') });
    }
  });

  it('proves nothing about what was changed or removed, and what runs on says so', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    tamper(box.data, `UPDATE events SET payload = replace(payload, 'exec', 'none') WHERE id = 3`);
    const changed = await box.wirken(['audit', 'prove', '3']);
    expect(changed).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('row 3 cannot be proved'),
    });
    tamper(box.data, `DELETE FROM events WHERE id = 4`);
    for (const args of [['prove', '3'], ['checkpoint']]) {
      const ran = await box.wirken(['audit', ...args]);
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('The audit log lacks rows')]);
    }
    const run = await box.wirken(['skill', 'run', 'hash', 'text', 'abc']);
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('this is not recorded')]);
  });

  it.for([
    [['999'], 1, 'no row 999'],
    [['10'], 1, 'No checkpoint'],
    [['one'], 2, 'no whole number'],
    [[], 2, 'wants one of'],
    [['3', '--from', 'x'], 2, 'wants one of'],
    [['--to', 'x'], 2, 'wants one of'],
    [['--from', 'gone'], 1, 'there is no file gone'],
    [['--check', 'gone'], 1, 'is not there'],
  ] as const)('answers %j', async ([args, code, message]) => {
    using box = new Sandbox();
    await twoSessions(box);
    const ran = await box.wirken(['audit', 'prove', ...args]);
    expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe('wirken audit redact', () => {
  it('shows what would go, and removes it only on a word', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    const shown = await box.wirken(['audit', 'redact', '--session', 'cli-1']);
    expect(shown).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody to ask') });
    expect(shown.stdout).toMatch(/ 3 +cli-1 .* tool\.call +arguments +\d+ bytes\n.*removes 1 value of 1 row/s);
    expect(shown.stdout).not.toContain(SECRET);
    expect(everyByteOf(box)).toContain(SECRET);
    const yes = await box.wirken(['audit', 'redact', '--session', 'cli-1', '--session', 'chat-2', '--yes']);
    expect(yes.code).toBe(0);
    const row = await box.wirken([
      'audit',
      'redact',
      '--row',
      '3',
      '--member',
      'arguments',
      '--reason',
      'asked',
      '--yes',
      '--json',
    ]);
    expect(JSON.parse(row.stdout)).toMatchObject({
      ok: true,
      redacted: { values: 1, blobs: 0 },
      plan: { rows: 1, values: 1 },
    });
    expect(everyByteOf(box)).not.toContain(SECRET);
    expect(await box.wirken(['audit', 'verify'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 redacted'),
    });
    expect((await box.wirken(['audit', 'log', '--action', 'audit.redacted'])).stdout).toMatch(
      /\/detail\/arguments of rows 3: asked/,
    );
    const again = await box.wirken(['audit', 'redact', '--row', '3', '--yes']);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to remove') });
  });

  it.for([
    [[], 2, 'names what it removes'],
    [['--member', 'input'], 2, 'names what it removes'],
    [['--row', 'x'], 2, 'no whole number'],
    [['--row', '99'], 1, 'no row 99'],
    [['--session', 'gone'], 1, 'no session gone'],
    [['--before', 'never'], 2, 'is no time'],
    [['--row', '3', '--reason', ' ', '--yes'], 2, 'needs a reason'],
  ] as const)('answers %j', async ([args, code, message]) => {
    using box = new Sandbox();
    await twoSessions(box);
    const ran = await box.wirken(['audit', 'redact', ...args]);
    expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(everyByteOf(box)).toContain(SECRET);
  });
});

describe('wirken audit key, checkpoint, forward', () => {
  it('says that there is nothing yet, and begins no log', async () => {
    using box = new Sandbox();
    for (const args of [['key'], ['checkpoint'], ['export'], ['prove', '1'], ['redact', '--row', '1'], ['log']]) {
      expect(await box.wirken(['audit', ...args])).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('not-found'),
      });
    }
    expect((await box.wirken(['audit', 'checkpoint', '--json'])).stdout).toContain('"code":"not-found"');
  });

  it('signs what there is', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    const key = await keyOf(box);
    const { stdout, stderr } = await box.wirken(['audit', 'checkpoint']);
    expect(stdout).toMatch(new RegExp(`^wirken/audit/${key}\n10\n[A-Za-z0-9+/=]{44}\n\n— wirken/audit/${key} `));
    expect(stderr).toContain('Keep it where');
    expect(JSON.parse((await box.wirken(['audit', 'checkpoint', '--json'])).stdout)).toEqual({
      ok: true,
      note: stdout,
    });
  });

  it('names a key file that is none', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    writeFileSync(join(box.data, 'audit', 'audit.pub'), 'rubbish\n');
    expect(await box.wirken(['audit', 'key'])).toMatchObject({ code: 1, stderr: expect.stringContaining('audit-key') });
    expect(await box.wirken(['audit', 'verify'])).toMatchObject({
      code: 12,
      stderr: expect.stringContaining('audit-key'),
    });
  });

  it('says how forwarding stands', async () => {
    using box = new Sandbox();
    await twoSessions(box);
    expect(await box.wirken(['audit', 'forward', 'status'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing is forwarded'),
    });
    expect(await box.wirken(['audit', 'forward', 'run'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('config-invalid'),
    });
    writeFileSync(
      join(box.data, 'config.yaml'),
      'audit:\n  forward:\n    - name: hook\n      kind: webhook\n      url: http://127.0.0.1:9/x\n      token-env: HOOK_KEY\n',
    );
    const status = await box.wirken(['audit', 'forward', 'status']);
    expect(status.stdout).toMatch(/hook +webhook +http:\/\/127\.0\.0\.1:9 +new +no +0 +10 /);
    const once = await box.wirken(['audit', 'forward', 'run', '--once', '--json'], '', { HOOK_KEY: 'k'.repeat(40) });
    expect(once.code).toBe(1);
    expect(JSON.parse(once.stdout)).toMatchObject({
      ok: false,
      forwarders: [{ name: 'hook', outcome: 'waiting', sent: 0 }],
    });
    const after = JSON.parse((await box.wirken(['audit', 'forward', 'status', '--json'])).stdout);
    expect(after.forwarders[0]).toMatchObject({ name: 'hook', standing: 'waiting', cursor: 0, behind_rows: 10 });
    writeFileSync(join(box.data, 'config.yaml'), 'audit:\n  forward:\n    - name: hook\n      kind: pigeon\n');
    expect(await box.wirken(['audit', 'forward', 'status'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('audit.forward'),
    });
  });
});

/** All that the log's directory holds, as one text. */
function everyByteOf(box: Sandbox): string {
  const dir = join(box.data, 'audit');
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(dir, entry.name), 'latin1'))
    .join('\n');
}
