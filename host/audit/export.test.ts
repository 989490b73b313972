import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditRow } from '../policy/event.ts';
import { exportRows } from './export.ts';
import { proveRow } from './prove.ts';
import { openAuditReader } from './read.ts';
import { planRedaction } from './redact-plan.ts';
import { redact } from './redact.ts';
import { openDatabaseSource } from './source-database.ts';
import { MAX_LINE_BYTES, openExportSource } from './source-export.ts';
import { draft, openTestLog, storedRows, testData } from './testing.ts';
import { type AuditReport, type VerifyOptions, verifyOpened } from './verify.ts';
import { copyOf, exported, loosen, tamper, type TestLog, testLog } from './verify.fixture.ts';

const PYTHON = fileURLToPath(new URL('../../tools/verify-audit.py', import.meta.url));
const signal = new AbortController().signal;

let log: TestLog;
let file: string;
let lines: readonly string[];

beforeAll(async () => {
  log = await testLog();
  file = await exported(log);
  lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
});
afterAll(() => log[Symbol.dispose]());

function verifiedFile(path: string, options: Partial<VerifyOptions> = {}): Promise<AuditReport> {
  return verifyOpened(() => openExportSource(path), { key: log.key, signal, ...options });
}

function python(...args: readonly string[]): { readonly code: number | null; readonly out: string } {
  const { status, stdout, stderr } = spawnSync('python3', [PYTHON, ...args], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return { code: status, out: stdout };
}

/** A file in the directory of the log, with other lines. */
function written(content: string): string {
  const path = join(log.dataDir, 'other.jsonl');
  writeFileSync(path, content);
  return path;
}

const whole = (changed: readonly string[]): string => changed.map((line) => `${line}\n`).join('');
const edited = (at: number, edit: (row: Record<string, unknown>) => void): string => {
  const row = JSON.parse(lines[at] ?? '') as Record<string, unknown>;
  edit(row);
  return whole(lines.with(at, JSON.stringify(row)));
};

describe('an export', () => {
  it('is the rows as they stand, a JSON object a line, and nothing else', async () => {
    const rows = storedRows(log.dataDir);
    const bare = readFileSync(await exported(log, { withOpenings: false }), 'utf8');
    await exported(log);
    expect(bare).toBe(whole(rows.map((row) => JSON.stringify(row))));
    expect(lines.map((line) => JSON.parse(line) as AuditRow)).toMatchObject(rows);
    expect(Object.keys(JSON.parse(lines[0] ?? '') as object).slice(0, 11)).toEqual(Object.keys(rows[0] ?? {}));
  });

  it('verifies with the public key and the checkpoint beside it', async () => {
    const checkpoint = { name: 'beside', note: readFileSync(`${file}.checkpoint`, 'utf8') };
    const report = await verifiedFile(file, { checkpoints: [checkpoint] });
    expect(report).toMatchObject({ exitCode: 0, rows: 34, heads: 6, findings: [], unseen: [] });
    expect(report.tree).toMatchObject({ verifiedSize: 34, storedCheckpoints: 0, givenCheckpoints: 1 });
    expect(report.content).toEqual({ opened: 24, redacted: 0, notKept: 0, notGiven: 0 });
    expect(python(file, '--key', log.key, '--checkpoint', `${file}.checkpoint`)).toEqual({
      code: 0,
      out: '34 rows: OK\n',
    });
  });

  it('without openings says that they are not part of it', async () => {
    using copy = copyOf(log);
    const bare = await exported(copy, { withOpenings: false });
    const report = await verifiedFile(bare);
    expect(report).toMatchObject({ exitCode: 0, content: { opened: 0, notGiven: 24 } });
    expect(report.unseen).toHaveLength(2);
    expect(python(bare, '--key', log.key).code).toBe(0);
  });

  it('of one session verifies as that session', async () => {
    using copy = copyOf(log);
    const one = await exported(copy, { session: 'cli-b' });
    expect(await verifiedFile(one, { session: 'cli-b' })).toMatchObject({ exitCode: 0, rows: 17, sessions: 1 });
    expect(await verifiedFile(file, { session: 'cli-b' })).toMatchObject({ exitCode: 0, rows: 17, sessions: 1 });
    expect(await verifiedFile(one)).toMatchObject({ exitCode: 11 });
    expect(await verifiedFile(one, { session: 'cli-a' })).toMatchObject({
      exitCode: 12,
      findings: [{ kind: 'nothing' }],
    });
    expect(python(one, '--key', log.key, '--session', 'cli-b').code).toBe(0);
    expect(python(one, '--key', log.key).code).toBe(11);
  });

  it('holds its text in chunks and stops when it is told to', async () => {
    using source = openDatabaseSource(log.dataDir);
    const controller = new AbortController();
    const reason = new Error('enough');
    const written = exportRows(source, () => controller.abort(reason), {
      withOpenings: true,
      signal: controller.signal,
    });
    await expect(written).resolves.toMatchObject({ rows: 34 });
    await expect(exportRows(source, () => undefined, { withOpenings: true, signal: controller.signal })).rejects.toBe(
      reason,
    );
  });

  it('is not made of rows that cannot be written down as they stand', async () => {
    using copy = copyOf(log);
    tamper(copy.dataDir, (db) => {
      loosen(db);
      db.exec('UPDATE events SET ts = NULL WHERE id = 3');
    });
    await expect(exported(copy)).rejects.toMatchObject({ code: 'audit-invalid' });
  });
});

describe('a changed export is found out, by both verifiers', () => {
  it.for<readonly [string, () => string, 10 | 11 | 12, string]>([
    [
      'a payload',
      () => edited(8, (row) => (row['payload'] = String(row['payload']).replace('read_file', 'exec_file'))),
      11,
      'payload-hash',
    ],
    ['a hash', () => edited(8, (row) => (row['hash'] = '00'.repeat(32))), 11, 'row-hash'],
    ['a hash that is none', () => edited(8, (row) => (row['hash'] = 'x')), 11, 'row-hash'],
    ['a column', () => edited(8, (row) => (row['actor'] = 'cli')), 11, 'columns'],
    ['a channel', () => edited(2, (row) => (row['channel'] = null)), 11, 'columns'],
    ['a sequence number', () => edited(8, (row) => (row['seq'] = 6)), 11, 'seq-gap'],
    ['a missing line', () => whole(lines.toSpliced(8, 1)), 11, 'id-gap'],
    ['a line twice', () => whole(lines.toSpliced(8, 0, lines[8] ?? '')), 11, 'id-order'],
    ['two swapped lines', () => whole(lines.with(8, lines[9] ?? '').with(9, lines[8] ?? '')), 11, 'id-order'],
    ['the end cut off', () => whole(lines.slice(0, 30)), 11, 'checkpoint-ahead'],
    [
      'an opening',
      () => edited(8, (row) => ((row['openings'] as { value: string }[])[0]!.value = '{"path":"b"}')),
      10,
      'opening-mismatch',
    ],
    [
      'a salt',
      () => edited(8, (row) => ((row['openings'] as { salt: string }[])[0]!.salt = '00'.repeat(32))),
      10,
      'opening-mismatch',
    ],
    [
      'a salt that is none',
      () => edited(8, (row) => ((row['openings'] as { salt: string }[])[0]!.salt = 'zz'.repeat(32))),
      10,
      'opening-mismatch',
    ],
    ['an opening taken away', () => edited(8, (row) => (row['openings'] = [])), 10, 'opening-missing'],
    [
      'an opening of nothing',
      () => edited(0, (row) => (row['openings'] = [{ pointer: '/detail/x', salt: '00'.repeat(32), value: '1' }])),
      10,
      'opening-unknown',
    ],
    ['the last line cut in the middle', () => whole(lines).slice(0, -40), 12, 'line-damaged'],
    ['a line that is no JSON', () => whole(lines.with(33, '{')), 12, 'line-damaged'],
    ['an empty line', () => whole([...lines, '']), 12, 'line-damaged'],
    ['a member too many', () => edited(33, (row) => (row['note'] = 'x')), 12, 'line-damaged'],
    ['a member missing', () => edited(33, (row) => delete row['channel']), 12, 'line-damaged'],
    [
      'a member twice',
      () => whole(lines.with(33, (lines[33] ?? '').replace('{"id":34', '{"id":33,"id":34'))),
      12,
      'line-damaged',
    ],
    ['openings that are none', () => edited(33, (row) => (row['openings'] = [{ pointer: 'x' }])), 12, 'line-damaged'],
    ['nothing at all', () => '', 12, 'nothing'],
  ])('%s', async ([, change, code, kind]) => {
    const path = written(change());
    const checkpoint = { name: 'beside', note: readFileSync(`${file}.checkpoint`, 'utf8') };
    // A line that is no row leaves a gap behind it; without the checkpoint that is all there is to see.
    const given = code === 12 ? [] : [checkpoint];
    const report = await verifiedFile(path, { checkpoints: given });
    expect([...report.counts.keys()]).toContain(kind);
    expect(report.exitCode).toBe(code);
    const checked = python(path, '--key', log.key, ...(code === 12 ? [] : ['--checkpoint', `${file}.checkpoint`]));
    expect(checked.code).toBe(code);
  });

  it('bytes that are no text', async () => {
    const bytes = readFileSync(file);
    bytes[bytes.length - 40] = 0xff;
    const path = written('');
    writeFileSync(path, bytes);
    expect(await verifiedFile(path)).toMatchObject({
      exitCode: 12,
      findings: [{ kind: 'line-damaged', reason: 'line 34 is no UTF-8' }],
    });
    expect(python(path, '--key', log.key).code).toBe(12);
  });

  it('a line without end is not held in memory', async () => {
    const path = written(`${lines[0]}\n`);
    for (let at = 0; at <= MAX_LINE_BYTES; at += 1024 * 1024) appendFileSync(path, 'x'.repeat(1024 * 1024));
    appendFileSync(path, `\n${lines[1]}\n`);
    const report = await verifiedFile(path);
    expect(report).toMatchObject({ exitCode: 12, rows: 2, counts: new Map([['line-damaged', 1]]) });
    truncateSync(path, 2 * 1024 * 1024);
    expect((await verifiedFile(path)).findings).toMatchObject([
      { reason: expect.stringContaining('line 2 is cut in the middle') as string },
    ]);
  });

  it('a missing file and a directory are reports too', async () => {
    expect(await verifiedFile(join(log.dataDir, 'none.jsonl'))).toMatchObject({
      exitCode: 12,
      findings: [{ kind: 'nothing' }],
    });
    mkdirSync(join(log.dataDir, 'dir.jsonl'));
    expect(await verifiedFile(join(log.dataDir, 'dir.jsonl'))).toMatchObject({
      exitCode: 12,
      findings: [{ kind: 'unreadable' }],
    });
    expect(python(join(log.dataDir, 'none.jsonl'), '--key', log.key).code).toBe(12);
  });

  it('with another key nothing holds', () => {
    const other = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
    expect(python(file, '--key', other, '--checkpoint', `${file}.checkpoint`).code).toBe(11);
    expect(spawnSync('python3', [PYTHON, file, '--key', '01' + '00'.repeat(31)]).status).toBe(2);
  });
});

describe('redaction', () => {
  it('leaves an export that verifies, in both verifiers, and holds no trace of the value', async () => {
    using data = testData();
    await using sink = openTestLog(data.path);
    await sink.append(draft('cli-a', { redactable: { arguments: { secret: 'correct horse' }, note: 1 } }));
    await sink.append(draft('cli-a', { redactable: { arguments: { secret: 'battery staple' } } }));
    {
      using reader = openAuditReader(data.path);
      const plan = planRedaction(reader.db, { ids: [1, 2], members: ['arguments'] });
      await redact({ dataDir: data.path, plan, reason: 'asked for', sink, session: 'cli-b' });
    }
    await sink.head('cli-a');
    const key = readFileSync(join(data.path, 'audit', 'audit.pub'), 'utf8').trim();
    const of: TestLog = {
      dataDir: data.path,
      key,
      checkpoint: await sink.checkpoint(),
      [Symbol.dispose]: () => undefined,
    };
    const path = await exported(of);
    expect(readFileSync(path, 'utf8')).not.toMatch(/horse|staple/);
    for (const open of [() => openExportSource(path), () => openDatabaseSource(data.path)]) {
      const report = await verifyOpened(open, { key, signal });
      expect(report).toMatchObject({ exitCode: 0, content: { opened: 1, redacted: 2 }, findings: [] });
    }
    // The row that says so stands in another session.
    const one = await verifyOpened(() => openDatabaseSource(data.path), { key, session: 'cli-a', signal });
    expect(one).toMatchObject({ exitCode: 0, content: { redacted: 2 }, findings: [] });
    expect(python(path, '--key', key, '--checkpoint', `${path}.checkpoint`)).toMatchObject({ code: 0 });
  });
});

describe('a proof, in Python', () => {
  it('holds for its row, with the export or without, and for no other', () => {
    using reader = openAuditReader(log.dataDir);
    const proof = join(log.dataDir, 'row.proof');
    const made = proveRow(reader.db, 9, log.key);
    writeFileSync(proof, JSON.stringify(made));
    expect(python('--key', log.key, '--proof', proof)).toMatchObject({ code: 0 });
    expect(python(file, '--key', log.key, '--proof', proof, '--checkpoint', `${file}.checkpoint`).code).toBe(0);
    for (const bad of [
      { ...made, index: 9 },
      { ...made, hashes: made.hashes.slice(1) },
      { ...made, size: 33 },
      { ...made, row: { ...made.row, seq: 4, hash: '00'.repeat(32) } },
    ]) {
      writeFileSync(proof, JSON.stringify(bad));
      expect(python('--key', log.key, '--proof', proof).code).toBe(11);
    }
  });
});
