import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payloadHash } from './chain.ts';
import type { Json } from '../base/jcs.ts';
import type { FindingKind, GivenCheckpoint } from './verify.ts';
import {
  type Change,
  editPayload,
  foreignHead,
  headOfOther,
  lie,
  renumber,
  sql,
  swap,
  withoutSession,
} from './verify-changes.fixture.ts';
import { copyOf, rechain, tamper, type TestLog, testLog, verified } from './verify.fixture.ts';

/*
 * Rows of the log, a and b being sessions: 1 a start, 2 a head, 3 b start, 4 b head, then six times call and result of a, call and result
 * of b (5–8, 9–12, 13–16, 19–22, 23–26, 27–30) with heads of both (17, 18) after the third, 31 a end, 32 a head, 33 b end, 34 b head.
 */
let log: TestLog;
let given: readonly GivenCheckpoint[];

beforeAll(async () => {
  log = await testLog();
  given = [{ name: 'kept.note', note: log.checkpoint }];
});
afterAll(() => log[Symbol.dispose]());

/** Kind, and the row that it names. */
type Expected = readonly [FindingKind, number?];

/** What may be found besides, further down the log. */
const CONSEQUENCES: readonly FindingKind[] = [
  'checkpoint-root',
  'checkpoint-missing',
  'checkpoint-ahead',
  'head-hash',
  'head-range',
  'head-prev-hash',
  'head-signature',
  'prev-hash',
  'seq-gap',
];

describe('tampering without the key is found, and named', () => {
  it.for<readonly [string, Change, readonly Expected[]]>([
    ['a changed payload', lie, [['payload-hash', 9]]],
    [
      'a changed payload and its hash',
      (db) => {
        lie(db);
        const payload = db.prepare<[], string>('SELECT payload FROM events WHERE id = 9').pluck().get() ?? '';
        db.prepare('UPDATE events SET payload_hash = ? WHERE id = 9').run(payloadHash(payload));
      },
      [['row-hash', 9]],
    ],
    [
      'a changed hash with the chain recomputed after it',
      (db) => {
        lie(db);
        rechain(db, 'cli-a');
      },
      [['head-hash', 17], ['checkpoint-root']],
    ],
    [
      'a removed row',
      sql('DELETE FROM openings WHERE event_id = 9', 'DELETE FROM events WHERE id = 9'),
      [['id-gap', 10], ['seq-gap', 10], ['prev-hash', 10], ['checkpoint-root']],
    ],
    [
      'a removed row with everything after it renumbered and rechained',
      (db) => {
        db.exec('DELETE FROM openings WHERE event_id = 9; DELETE FROM events WHERE id = 9');
        renumber(db);
        rechain(db, 'cli-a');
      },
      [['head-range', 16], ['checkpoint-missing', 16], ['checkpoint-root'], ['checkpoint-ahead']],
    ],
    [
      'two swapped rows',
      swap,
      [['seq-gap', 9], ['prev-hash', 9], ['seq-order', 13], ['prev-hash', 13], ['checkpoint-root']],
    ],
    [
      'two rows whose sequence numbers were swapped too',
      (db) => {
        swap(db);
        rechain(db, 'cli-a');
      },
      [['head-hash', 17], ['checkpoint-root']],
    ],
    [
      'a tail cut off behind the last checkpoint',
      sql('DELETE FROM openings WHERE event_id > 25', 'DELETE FROM events WHERE id > 25'),
      [['checkpoint-ahead']],
    ],
    [
      'a whole session removed',
      sql(
        `DELETE FROM openings WHERE event_id IN (SELECT id FROM events WHERE session = 'cli-b')`,
        `DELETE FROM events WHERE session = 'cli-b'`,
      ),
      [['id-gap', 5], ['checkpoint-root']],
    ],
    [
      'a whole session removed and the rest renumbered',
      withoutSession,
      [['checkpoint-root'], ['checkpoint-missing', 9], ['checkpoint-ahead']],
    ],
    [
      'the same, with all checkpoints removed',
      (db) => {
        withoutSession(db);
        db.exec('DELETE FROM checkpoints');
      },
      [['checkpoint-missing', 2]],
    ],
    ['a head from another session', headOfOther, [['head-signature', 17]]],
    ['a head with another key', foreignHead, [['head-key', 17]]],
    [
      'a head whose signature was changed',
      (db) => {
        editPayload(db, 17, ({ detail }) => (detail['sig'] = `00${(detail['sig'] as string).slice(2)}`));
        rechain(db, 'cli-a');
      },
      [['head-signature', 17]],
    ],
    [
      'a head that attests less',
      (db) => {
        editPayload(db, 17, ({ detail }) => (detail['last_seq'] = 5));
        rechain(db, 'cli-a');
      },
      [['head-signature', 17]],
    ],
    [
      'a head without its members',
      (db) => {
        editPayload(db, 17, ({ detail }) => delete detail['sig']);
        rechain(db, 'cli-a');
      },
      [['head-malformed', 17]],
    ],
    [
      'an old head again',
      (db) => {
        const old = db.prepare<[], string>('SELECT payload FROM events WHERE id = 2').pluck().get() ?? '';
        const detail = (JSON.parse(old) as { detail: Record<string, Json> }).detail;
        editPayload(db, 17, (payload) => (payload.detail = detail));
        rechain(db, 'cli-a');
      },
      [['head-range', 17]],
    ],
    [
      'a checkpoint put back to an earlier one',
      sql('UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 17) WHERE size = 34'),
      [['checkpoint-invalid']],
    ],
    ['a checkpoint removed', sql('DELETE FROM checkpoints WHERE size = 16'), [['checkpoint-missing', 17]]],
    [
      'a checkpoint whose root was changed',
      sql(
        `UPDATE checkpoints SET note = replace(note, char(10) || '34' || char(10), char(10) || '33' || char(10)) WHERE size = 34`,
      ),
      [['checkpoint-invalid']],
    ],
    ['a duplicated sequence number', sql('UPDATE events SET seq = seq - 1 WHERE id = 9'), [['seq-duplicate', 9]]],
    [
      'a row twice',
      sql(
        'INSERT INTO events SELECT 35, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash FROM events WHERE id = 1',
      ),
      [
        ['seq-order', 35],
        ['prev-hash', 35],
      ],
    ],
    [
      'a column that says something else',
      sql(`UPDATE events SET ts = '2020-01-01T00:00:00.000Z' WHERE id = 9`),
      [['columns', 9]],
    ],
    [
      'an action that says something else',
      sql(`UPDATE events SET action = 'skill.call' WHERE id = 9`),
      [['columns', 9]],
    ],
    ['a channel taken away', sql('UPDATE events SET channel = NULL WHERE id = 3'), [['columns', 3]]],
    [
      'a row given to another session',
      sql(`UPDATE events SET session = 'cli-c' WHERE id = 9`),
      [
        ['columns', 9],
        ['seq-gap', 9],
        ['prev-hash', 9],
      ],
    ],
    [
      'a payload written otherwise',
      (db) => {
        db.exec(`UPDATE events SET payload = replace(payload, '"tool":', '"tool": ') WHERE id = 9`);
        rechain(db, 'cli-a');
      },
      [
        ['not-canonical', 9],
        ['head-hash', 17],
      ],
    ],
    [
      'a member twice',
      (db) => {
        db.exec(`UPDATE events SET payload = replace(payload, '"tool":', '"tool":"a","tool":') WHERE id = 9`);
        rechain(db, 'cli-a');
      },
      [['not-canonical', 9]],
    ],
    [
      'a stored node of the tree',
      (db) => db.exec(`INSERT INTO tiles VALUES (0, 0, x'${'00'.repeat(32)}')`),
      [['tile']],
    ],
  ])('%s', async ([, change, expected]) => {
    using copy = copyOf(log);
    tamper(copy.dataDir, change);
    const report = await verified(copy);
    expect(report.exitCode).toBe(11);
    for (const [kind, id] of expected) {
      const found = report.findings.find((finding) => finding.kind === kind && (id === undefined || finding.id === id));
      expect(found, `${kind} ${id} in ${JSON.stringify(report.findings)}`).toBeDefined();
      expect(found?.reason).toMatch(/\w{4,}/);
    }
    // Nothing else is blamed than the change itself and what follows from it.
    const allowed = new Set<FindingKind>([...CONSEQUENCES, ...expected.map(([kind]) => kind)]);
    for (const kind of report.counts.keys()) expect(allowed).toContain(kind);
  });

  it('nothing is found in the log as it was written', async () => {
    const report = await verified(log, { checkpoints: given });
    expect(report).toMatchObject({ exitCode: 0, rows: 34, sessions: 2, heads: 6, findings: [] });
    expect(report.tree).toMatchObject({ size: 34, verifiedSize: 34, storedCheckpoints: 7, givenCheckpoints: 1 });
    expect(report.unattested).toEqual({ rows: 0, sessions: [] });
    expect(report.unseen).toEqual([]);
  });
});
