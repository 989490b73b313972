import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitBytes } from './commitment.ts';
import { readPinnedKey } from './key.ts';
import { draft, openTestLog, testData } from './testing.ts';
import type { ExitCode, FindingKind } from './verify.ts';
import { editPayload } from './verify-changes.fixture.ts';
import { copyOf, loosen, tamper, type TestLog, testLog, verified } from './verify.fixture.ts';

let log: TestLog;

beforeAll(async () => {
  log = await testLog();
});
afterAll(() => log[Symbol.dispose]());

type Change = (db: Database.Database) => void;
const sql =
  (statement: string): Change =>
  (db) =>
    db.exec(statement);

async function afterwards(change: Change): Promise<Awaited<ReturnType<typeof verified>>> {
  using copy = copyOf(log);
  tamper(copy.dataDir, change);
  return verified(copy);
}

describe('what rows commit to', () => {
  it.for<readonly [string, Change, FindingKind, number | undefined]>([
    ['a changed value', sql(`UPDATE openings SET value = '{"path":"x"}' WHERE event_id = 9`), 'opening-mismatch', 9],
    ['a changed salt', sql('UPDATE openings SET salt = zeroblob(32) WHERE event_id = 9'), 'opening-mismatch', 9],
    [
      'a salt of another length',
      sql('UPDATE openings SET salt = zeroblob(33) WHERE event_id = 9'),
      'opening-mismatch',
      9,
    ],
    [
      'a value written otherwise',
      sql(`UPDATE openings SET value = value || ' ' WHERE event_id = 9`),
      'opening-mismatch',
      9,
    ],
    [
      'a value too large',
      sql(`UPDATE openings SET value = value || hex(zeroblob(70000)) WHERE event_id = 9`),
      'opening-mismatch',
      9,
    ],
    [
      'two exchanged values',
      sql(
        'UPDATE openings SET event_id = CASE event_id WHEN 9 THEN -13 ELSE -9 END WHERE event_id IN (9, 13); UPDATE openings SET event_id = -event_id WHERE event_id < 0',
      ),
      'opening-mismatch',
      9,
    ],
    ['a value taken away', sql('DELETE FROM openings WHERE event_id = 9'), 'opening-missing', 9],
    [
      'a value under another name',
      sql(`UPDATE openings SET pointer = '/detail/other' WHERE event_id = 9`),
      'opening-unknown',
      9,
    ],
    [
      'a value of a row that is not there',
      sql(`INSERT INTO openings VALUES (99, '/detail/x', zeroblob(32), '1', NULL)`),
      'opening-unknown',
      99,
    ],
    [
      'a value of no row',
      sql(`INSERT INTO openings VALUES (-1, '/detail/x', zeroblob(32), '1', NULL)`),
      'opening-unknown',
      -1,
    ],
    [
      'a blob taken away',
      sql('DELETE FROM blobs WHERE sha256 = (SELECT blob FROM openings WHERE event_id = 28)'),
      'blob-missing',
      28,
    ],
    ['a changed blob', sql('UPDATE blobs SET data = zeroblob(length(data))'), 'blob-mismatch', undefined],
    ['a blob of another length', sql('UPDATE blobs SET bytes = bytes + 1'), 'blob-mismatch', undefined],
    ['a blob that says it is huge', sql('UPDATE blobs SET bytes = 9007199254740991'), 'blob-mismatch', undefined],
    [
      'a blob under another name',
      sql(`INSERT INTO blobs VALUES ('${'ab'.repeat(32)}', 1, 'raw', x'00')`),
      'blob-mismatch',
      undefined,
    ],
    ['a blob without a name', sql(`INSERT INTO blobs VALUES ('x', 1, 'raw', x'00')`), 'blob-mismatch', undefined],
  ])('%s is divergent, and named', async ([, change, kind, id]) => {
    const report = await afterwards(change);
    const found = report.findings.find((finding) => finding.kind === kind);
    expect(found, JSON.stringify(report.findings)).toMatchObject(id === undefined ? { kind } : { kind, id });
    expect(report.exitCode).toBe(10);
  });

  it('is not what was committed to where it is written otherwise, whatever its hash is', async () => {
    const value = '{"path": "x"}';
    const report = await afterwards((db) => {
      editPayload(db, 9, ({ detail }) => {
        detail['argu/ments'] = { $c: commitBytes(Buffer.from(value), new Uint8Array(32)) };
      });
      db.prepare('UPDATE openings SET salt = zeroblob(32), value = ? WHERE event_id = 9').run(value);
    });
    expect(report.findings).toContainEqual(expect.objectContaining({ kind: 'opening-mismatch', id: 9 }));
  });

  it('is redacted only by what comes after it', async () => {
    using data = testData();
    await using writer = openTestLog(data.path);
    const detail = { reason: 'x', pointer: '/detail/arguments', rows: '1-100' };
    await writer.append(draft('cli-b', { action: 'audit.redacted', detail }));
    await writer.append(draft('cli-a', { redactable: { arguments: 1 } }));
    await writer.head('cli-a');
    const key = readPinnedKey(data.path) ?? '';
    const of = { dataDir: data.path, key, checkpoint: '', [Symbol.dispose]: () => undefined };
    tamper(data.path, sql('DELETE FROM openings'));
    for (const session of [{}, { session: 'cli-a' }]) {
      expect(await verified(of, session)).toMatchObject({
        exitCode: 10,
        findings: [{ kind: 'opening-missing', id: 2 }],
      });
    }
    await writer.append(draft('cli-b', { action: 'audit.redacted', detail }));
    for (const session of [{}, { session: 'cli-a' }]) {
      expect(await verified(of, session)).toMatchObject({ exitCode: 0, content: { redacted: 1 } });
    }
  });

  it('is unverifiable, because it is gone, as often as it is', async () => {
    const report = await afterwards(sql('DELETE FROM openings'));
    expect(report).toMatchObject({ exitCode: 10, content: { opened: 0, redacted: 0 } });
    expect(report.counts).toEqual(new Map([['opening-missing', 24]]));
    expect(report.findings).toHaveLength(20);
    expect(report.findings[0]).toMatchObject({ id: 5, session: 'cli-a', seq: 3 });
    expect(report.findings[0]?.reason).toBe(
      'unverifiable, because what opens /detail/argu~1ments is gone and no row says that it was redacted',
    );
  });
});

describe('hostile content', () => {
  it.for<readonly [string, Change, FindingKind, ExitCode]>([
    [
      'no text for a session',
      (db) => {
        loosen(db);
        db.exec(`UPDATE events SET session = x'00ff' WHERE id = 9`);
      },
      'columns',
      11,
    ],
    [
      'nothing for a payload',
      (db) => {
        loosen(db);
        db.exec('UPDATE events SET payload = NULL WHERE id = 9');
      },
      'columns',
      11,
    ],
    [
      'a number for a hash',
      (db) => {
        loosen(db);
        db.exec('UPDATE events SET hash = 12 WHERE id = 9');
      },
      'columns',
      11,
    ],
    [
      'text for a sequence number',
      (db) => {
        loosen(db);
        db.exec(`UPDATE events SET seq = 'x' WHERE id = 9`);
      },
      'columns',
      11,
    ],
    ['a sequence number beyond all', sql('UPDATE events SET seq = 9223372036854775807 WHERE id = 9'), 'columns', 11],
    ['a negative sequence number', sql('UPDATE events SET seq = -1 WHERE id = 9'), 'columns', 11],
    ['an id beyond all', sql('UPDATE events SET id = 9223372036854775807 WHERE id = 34'), 'columns', 11],
    ['a negative id', sql('UPDATE events SET id = -9223372036854775808 WHERE id = 1'), 'id-gap', 11],
    ['an enormous payload', sql(`UPDATE events SET payload = hex(zeroblob(50000000)) WHERE id = 9`), 'columns', 11],
    ['an enormous session', sql(`UPDATE events SET session = hex(zeroblob(50000000)) WHERE id = 9`), 'columns', 11],
    [
      'a payload that nests without end',
      sql(`UPDATE events SET payload = replace(hex(zeroblob(500000)), '0', '[') WHERE id = 9`),
      'not-canonical',
      11,
    ],
    ['a payload of nothing', sql(`UPDATE events SET payload = '' WHERE id = 9`), 'not-canonical', 11],
    ['a payload that is no object', sql(`UPDATE events SET payload = '[]' WHERE id = 9`), 'columns', 11],
    [
      'a payload that is no UTF-8',
      sql(
        `UPDATE events SET payload = CAST(CAST(replace(payload, 'read_file', 'x') AS BLOB) || x'ff' AS TEXT) WHERE id = 9`,
      ),
      'payload-hash',
      11,
    ],
    [
      'a session that is no session',
      sql(`UPDATE events SET session = '\u202e\n' WHERE session = 'cli-a'`),
      'columns',
      11,
    ],
    [
      'a head that nests',
      sql(`UPDATE events SET payload = replace(payload, '"first_seq":1', '"first_seq":[[[]]]') WHERE id = 2`),
      'head-malformed',
      11,
    ],
    [
      'a note that is none',
      sql(`UPDATE checkpoints SET note = hex(zeroblob(100)) WHERE size = 34`),
      'checkpoint-invalid',
      11,
    ],
    [
      'an enormous note',
      sql(`UPDATE checkpoints SET note = hex(zeroblob(50000000)) WHERE size = 34`),
      'checkpoint-invalid',
      11,
    ],
    ['a tile of another length', sql(`INSERT INTO tiles VALUES (0, 0, zeroblob(31))`), 'tile', 11],
    [
      'a view in the place of the rows',
      sql(
        `ALTER TABLE events RENAME TO e; CREATE VIEW events AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT * FROM n JOIN e USING (id)`,
      ),
      'unreadable',
      12,
    ],
    [
      'a computed column',
      sql(`DROP TABLE tiles; CREATE TABLE tiles (level, tile, hashes AS (zeroblob(1000000000)))`),
      'unreadable',
      12,
    ],
    ['a missing table', sql('DROP TABLE openings'), 'unreadable', 12],
    ['other columns', sql('ALTER TABLE events ADD COLUMN more TEXT'), 'unreadable', 12],
    [
      'ids that are no key',
      (db) => db.exec(`CREATE TABLE e AS SELECT * FROM events; DROP TABLE events; ALTER TABLE e RENAME TO events`),
      'unreadable',
      12,
    ],
    ['no rows', sql('DELETE FROM openings; DELETE FROM checkpoints; DELETE FROM events'), 'nothing', 12],
  ])('%s is a finding, not a crash', async ([, change, kind, code]) => {
    const report = await afterwards(change);
    expect(report.findings.map((finding) => finding.kind)).toContain(kind);
    expect(report.exitCode).toBe(code);
    for (const { reason } of report.findings) expect(reason).not.toMatch(/[\u202e\n]/);
  });

  it('bytes that only look like the payload are not the payload', async () => {
    // U+FFFD is what a reader of text sees where there was no UTF-8.
    const report = await afterwards((db) => {
      db.exec(
        `UPDATE events SET payload = CAST(replace(CAST(payload AS BLOB), '"tool"', '"' || x'f09080' || '"') AS TEXT) WHERE id = 9`,
      );
      const text = db.prepare<[], string>('SELECT payload FROM events WHERE id = 9').pluck().get() ?? '';
      expect(text).toContain('\ufffd');
    });
    expect(report.findings).toContainEqual(
      expect.objectContaining({ kind: 'not-canonical', id: 9, reason: 'its payload has bytes that are no UTF-8' }),
    );
  });

  it('a log without a database is nothing', async () => {
    const none = { ...log, dataDir: `${log.dataDir}/none` };
    expect(await verified(none)).toMatchObject({ exitCode: 12, rows: 0, findings: [{ kind: 'nothing' }] });
  });

  it('a bad key is refused before anything is read', async () => {
    await expect(verified(log, { key: 'x' })).rejects.toMatchObject({ code: 'key-invalid' });
    await expect(verified(log, { key: '01' + '00'.repeat(31) })).rejects.toMatchObject({ code: 'key-weak' });
  });
});

describe('stored nodes', () => {
  it('are compared with the tree that the rows make', async () => {
    using long = await testLog(70);
    expect(await verified(long)).toMatchObject({ exitCode: 0, rows: 290 });
    tamper(long.dataDir, sql('UPDATE tiles SET hashes = zeroblob(32)'));
    expect(await verified(long)).toMatchObject({ exitCode: 11, findings: [{ kind: 'tile', id: 256 }] });
    tamper(long.dataDir, sql('DELETE FROM tiles'));
    expect(await verified(long)).toMatchObject({ exitCode: 0 });
  });
});

describe('a walk', () => {
  it('of one session is about that session', async () => {
    const report = await verified(log, { session: 'cli-b' });
    expect(report).toMatchObject({
      exitCode: 0,
      session: 'cli-b',
      rows: 17,
      sessions: 1,
      heads: 3,
      unattested: { rows: 0 },
    });
    expect(report.tree).toBeUndefined();
    expect(await verified(log, { session: 'cli-x' })).toMatchObject({ exitCode: 12 });
    using copy = copyOf(log);
    tamper(copy.dataDir, sql(`UPDATE events SET ts = '2020-01-01T00:00:00.000Z' WHERE id = 9`));
    expect(await verified(copy, { session: 'cli-b' })).toMatchObject({ exitCode: 0 });
    expect(await verified(copy, { session: 'cli-a' })).toMatchObject({
      exitCode: 11,
      findings: [{ kind: 'columns', id: 9, seq: 5 }],
    });
  });

  it('tells how far it is, and stops when it is told to', async () => {
    const told: unknown[] = [];
    await verified(log, { onProgress: (progress) => told.push(progress) });
    expect(told).toEqual([{ rows: 34, of: 34 }]);
    const reason = new Error('enough');
    await expect(verified(log, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('can be taken while the log is written', async () => {
    using copy = copyOf(log);
    await using writer = openTestLog(copy.dataDir);
    const onProgress = (): void => void writer.append(draft('cli-c'));
    expect(await verified(copy, { onProgress })).toMatchObject({ exitCode: 0, rows: 34 });
    await writer.append(draft('cli-c'));
    expect(await verified(copy)).toMatchObject({ exitCode: 0, rows: 36, unattested: { rows: 2 } });
  });
});
