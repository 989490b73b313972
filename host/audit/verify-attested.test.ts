import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeHex } from '../base/bytes.ts';
import { headMessage, type HeadRange } from './head.ts';
import { openAuditKey, readPinnedKey } from './key.ts';
import { auditDir, databaseFile } from './place.ts';
import { openTestLog, testData } from './testing.ts';
import type { FindingKind, GivenCheckpoint } from './verify.ts';
import { append, type Change, editPayload, sql } from './verify-changes.fixture.ts';
import { copyOf, rechain, tamper, type TestLog, testLog, truncate, verified } from './verify.fixture.ts';

/* The rows are those of verify-tampering.test.ts. */
let log: TestLog;
let given: readonly GivenCheckpoint[];

beforeAll(async () => {
  log = await testLog();
  given = [{ name: 'kept.note', note: log.checkpoint }];
});
afterAll(() => log[Symbol.dispose]());

describe('what only a checkpoint kept elsewhere shows', () => {
  it.for<readonly [string, Change, FindingKind]>([
    [
      'a tail cut off with its checkpoints',
      sql(
        'DELETE FROM openings WHERE event_id > 18',
        'DELETE FROM events WHERE id > 18',
        'DELETE FROM checkpoints WHERE size > 17',
      ),
      'checkpoint-ahead',
    ],
    [
      'the whole log put back to its beginning',
      sql('DELETE FROM openings', 'DELETE FROM events WHERE id > 2', 'DELETE FROM checkpoints WHERE size > 1'),
      'checkpoint-ahead',
    ],
    [
      'the last session removed',
      sql(
        `DELETE FROM openings WHERE event_id > 30`,
        `DELETE FROM events WHERE id > 30`,
        'DELETE FROM checkpoints WHERE size > 30',
      ),
      'checkpoint-ahead',
    ],
  ])('%s', async ([, change, kind]) => {
    using copy = copyOf(log);
    tamper(copy.dataDir, change);
    const without = await verified(copy);
    expect(without.exitCode).toBe(0);
    expect(without.unseen.join()).toMatch(/does not show/);
    const report = await verified(copy, { checkpoints: given });
    expect(report.exitCode).toBe(11);
    expect(report.findings[0]?.kind).toBe(kind);
    expect(report.findings[0]?.reason).toMatch(/^kept\.note was signed over 34 rows, and there are \d+/);
  });

  it('a given checkpoint that is none', async () => {
    const report = await verified(log, { checkpoints: [{ name: 'bad', note: log.checkpoint.replace('34', '35') }] });
    expect(report).toMatchObject({ exitCode: 11, findings: [{ kind: 'checkpoint-invalid' }] });
  });
});

describe('a row added after the last head', () => {
  it('is not yet attested, and not broken', async () => {
    using copy = copyOf(log);
    tamper(copy.dataDir, (db) => append(db, 35, 32));
    const report = await verified(copy, { checkpoints: given });
    expect(report.exitCode).toBe(0);
    expect(report.unattested).toEqual({ rows: 1, sessions: [{ session: 'cli-a', rows: 1, id: 35, seq: 18 }] });
  });

  it('is alone not attested where a checkpoint covers what is before it', async () => {
    using copy = copyOf(log);
    tamper(copy.dataDir, (db) => {
      db.exec(
        'DELETE FROM openings WHERE event_id > 16; DELETE FROM events WHERE id > 16; DELETE FROM checkpoints WHERE size > 16',
      );
      append(db, 17, 16);
    });
    const report = await verified(copy);
    expect(report).toMatchObject({ exitCode: 0, tree: { verifiedSize: 16 } });
    expect(report.unattested).toEqual({ rows: 1, sessions: [{ session: 'cli-b', rows: 1, id: 17, seq: 9 }] });
  });

  it('is attested by a later checkpoint', async () => {
    using copy = copyOf(log);
    tamper(
      copy.dataDir,
      sql(
        'DELETE FROM openings WHERE event_id > 16',
        'DELETE FROM events WHERE id > 16',
        'DELETE FROM checkpoints WHERE size > 16',
      ),
    );
    const report = await verified(copy);
    expect(report).toMatchObject({ exitCode: 0, unattested: { rows: 0 } });
  });
});

describe('with another key', () => {
  it("every head and checkpoint is another log's", async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
    const report = await verified(log, { key });
    expect(report.exitCode).toBe(11);
    expect(report.counts).toEqual(
      new Map([
        ['checkpoint-invalid', 7],
        ['head-key', 6],
        ['checkpoint-missing', 6],
      ]),
    );
  });
});

describe('with the key, what does not fit together is found all the same', () => {
  /** The head at row 17, signed anew over something else. */
  const signedHead =
    (edit: (range: HeadRange, db: Database.Database) => HeadRange): Change =>
    (db) => {
      editPayload(db, 17, ({ detail }) => {
        const told = {
          session: 'cli-a',
          firstSeq: detail['first_seq'] as number,
          lastSeq: detail['last_seq'] as number,
          prevHash: detail['prev_hash'] as string,
          hash: detail['hash'] as string,
        };
        const range = edit(told, db);
        detail['first_seq'] = range.firstSeq;
        detail['last_seq'] = range.lastSeq;
        detail['prev_hash'] = range.prevHash;
        detail['hash'] = range.hash;
        detail['sig'] = encodeHex(openAuditKey(log.dataDir).sign(headMessage(range)));
      });
      rechain(db, 'cli-a');
    };

  it.for<readonly [string, Change, FindingKind, number]>([
    [
      'a head that leaves a row out',
      signedHead((range) => ({ ...range, firstSeq: range.firstSeq + 1 })),
      'head-range',
      17,
    ],
    ['a head that ends early', signedHead((range) => ({ ...range, lastSeq: range.lastSeq - 1 })), 'head-range', 17],
    [
      'a head over another beginning',
      signedHead((range) => ({ ...range, prevHash: '00'.repeat(32) })),
      'head-prev-hash',
      17,
    ],
    ['a head over nothing before it', signedHead((range) => ({ ...range, prevHash: '' })), 'head-prev-hash', 17],
    ['a head over another end', signedHead((range) => ({ ...range, hash: '00'.repeat(32) })), 'head-hash', 17],
    [
      'a head of the beginning over the end',
      signedHead((range) => ({ ...range, firstSeq: 1, prevHash: '' })),
      'head-range',
      17,
    ],
    [
      'a time that is none',
      (db) => {
        editPayload(db, 9, (payload) => Object.assign(payload, { ts: 'yesterday' }));
        db.exec(`UPDATE events SET ts = 'yesterday' WHERE id = 9`);
        rechain(db, 'cli-a');
      },
      'columns',
      9,
    ],
    [
      'a session that is none',
      (db) => {
        for (const id of db.prepare<[], number>(`SELECT id FROM events WHERE session = 'cli-a'`).pluck().all()) {
          editPayload(db, id, (payload) => Object.assign(payload, { session: { full: 'CLI A' } }));
        }
        db.exec(`UPDATE events SET session = 'CLI A' WHERE session = 'cli-a'`);
        rechain(db, 'CLI A');
      },
      'columns',
      1,
    ],
    [
      'a member beside those of a payload',
      (db) => {
        editPayload(db, 9, (payload) => Object.assign(payload, { zone: 'x' }));
        rechain(db, 'cli-a');
      },
      'columns',
      9,
    ],
  ])('%s', async ([, change, kind, id]) => {
    using copy = copyOf(log);
    tamper(copy.dataDir, change);
    const report = await verified(copy);
    expect(report.exitCode).toBe(11);
    expect(report.findings[0]).toMatchObject({ kind, id });
  });
});

describe('a file that is damaged', () => {
  it.for([0.9, 0.5, 0.2, 0.01, 0])('cut to %d of its length is unreadable or broken, never fine', async (part) => {
    using copy = copyOf(log);
    truncate(copy.dataDir, part);
    const report = await verified(copy, { checkpoints: given });
    expect([11, 12]).toContain(report.exitCode);
    expect(report.findings.at(-1)?.kind).toMatch(/^(?:unreadable|nothing)$/);
  });

  it('half overwritten is unreadable or broken', async () => {
    using copy = copyOf(log);
    writeFileSync(databaseFile(copy.dataDir), Buffer.alloc(40_000, 0x5a), { flag: 'r+' });
    const report = await verified(copy);
    expect(report).toMatchObject({ exitCode: 12, findings: [{ kind: 'unreadable' }] });
  });

  it('with a write-ahead log that was cut has lost its end, which a checkpoint kept elsewhere shows', async () => {
    using data = testData();
    using image = testData();
    const notes: string[] = [];
    await using writer = openTestLog(data.path, { onCheckpoint: (note) => void notes.push(note) });
    for (let at = 0; at < 20; at++) await writer.startSession(`cli-${at}`, {});
    // As a crash of the machine leaves it: the database, and the part of the write-ahead log that has reached the disk.
    mkdirSync(auditDir(image.path), { mode: 0o700 });
    copyFileSync(databaseFile(data.path), databaseFile(image.path));
    const wal = readFileSync(`${databaseFile(data.path)}-wal`);
    writeFileSync(`${databaseFile(image.path)}-wal`, wal.subarray(0, wal.length / 2), { mode: 0o600 });
    const key = readPinnedKey(data.path) ?? '';
    const of: TestLog = { dataDir: image.path, key, checkpoint: '', [Symbol.dispose]: () => undefined };
    const report = await verified(of);
    expect(report).toMatchObject({ exitCode: 0, findings: [] });
    expect(report.rows).toBeGreaterThan(0);
    expect(report.rows).toBeLessThan(40);
    const checkpoints = [{ name: 'last', note: notes.at(-1) ?? '' }];
    expect(await verified(of, { checkpoints })).toMatchObject({
      exitCode: 11,
      findings: [{ kind: 'checkpoint-ahead' }],
    });
    const whole: TestLog = { ...of, dataDir: data.path };
    expect(await verified(whole, { checkpoints })).toMatchObject({ exitCode: 0, rows: 40 });
  });
});
