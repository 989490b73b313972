import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeHex } from '../base/bytes.ts';
import { canonicalJson, type Json } from '../base/jcs.ts';
import { payloadHash, rowHash } from './chain.ts';
import { headMessage } from './head.ts';
import { databaseFile } from './place.ts';
import type { FindingKind, GivenCheckpoint } from './verify.ts';
import { copyOf, rechain, tamper, type TestLog, testLog, truncate, verified } from './verify.fixture.ts';

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

type Change = (db: Database.Database) => void;
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

const sql =
  (...statements: readonly string[]): Change =>
  (db) =>
    statements.forEach((statement) => db.exec(statement));

function editPayload(
  db: Database.Database,
  id: number,
  edit: (payload: { detail: Record<string, Json> }) => void,
): void {
  const text = db.prepare<[number], string>('SELECT payload FROM events WHERE id = ?').pluck().get(id) ?? '';
  const payload = JSON.parse(text) as { detail: Record<string, Json> };
  edit(payload);
  db.prepare('UPDATE events SET payload = ? WHERE id = ?').run(canonicalJson(payload), id);
}

const lie: Change = (db) => editPayload(db, 9, ({ detail }) => (detail['tool'] = 'other_tool'));

/** Ids without gaps again, as far as that goes. */
const renumber: Change = (db) => {
  for (const table of ['events', 'openings']) db.exec(`CREATE TEMP TABLE old_${table} AS SELECT * FROM ${table}`);
  const ids = db.prepare<[], number>('SELECT id FROM old_events ORDER BY id').pluck().all();
  db.exec('DELETE FROM events; DELETE FROM openings');
  for (const [at, id] of ids.entries()) {
    db.exec(`UPDATE old_events SET id = ${at + 1} WHERE id = ${id}; INSERT INTO events SELECT * FROM old_events WHERE id = ${at + 1};
      INSERT INTO openings SELECT ${at + 1}, pointer, salt, value, blob FROM old_openings WHERE event_id = ${id};
      DELETE FROM old_events WHERE id = ${at + 1}`);
  }
};

const append: Change = (db) => {
  const last = db
    .prepare<[], { payload: string; hash: string; seq: number; ts: string }>(`SELECT * FROM events WHERE id = 32`)
    .get();
  if (last === undefined) throw new TypeError('no last row');
  const payload = canonicalJson({
    action: 'tool.call',
    actor: 'agent',
    detail: { tool: 'x' },
    session: { full: 'cli-a' },
    ts: last.ts,
  });
  const contentHash = payloadHash(payload);
  db.prepare(`INSERT INTO events VALUES (35, 'cli-a', ?, ?, 'agent', 'tool.call', NULL, ?, ?, ?, ?)`).run(
    last.seq + 1,
    last.ts,
    payload,
    last.hash,
    contentHash,
    rowHash(last.hash, contentHash),
  );
};

const foreignHead: Change = (db) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  editPayload(db, 17, ({ detail }) => {
    const range = {
      session: 'cli-a',
      firstSeq: Number(detail['first_seq']),
      lastSeq: Number(detail['last_seq']),
      prevHash: detail['prev_hash'] as string,
      hash: detail['hash'] as string,
    };
    detail['key'] = key;
    detail['sig'] = encodeHex(sign(null, headMessage(range), privateKey));
  });
  rechain(db, 'cli-a');
};

const headOfOther: Change = (db) => {
  const other = JSON.parse(db.prepare<[], string>('SELECT payload FROM events WHERE id = 18').pluck().get() ?? '') as {
    detail: Record<string, Json>;
  };
  editPayload(db, 17, (payload) => (payload.detail = other.detail));
  rechain(db, 'cli-a');
};

const swap: Change = (db) => {
  for (const [table, column] of [
    ['events', 'id'],
    ['openings', 'event_id'],
  ]) {
    for (const [from, to] of [
      [9, -1],
      [13, 9],
      [-1, 13],
    ]) {
      db.exec(`UPDATE ${table} SET ${column} = ${to} WHERE ${column} = ${from}`);
    }
  }
};

const withoutSession: Change = (db) => {
  db.exec(
    `DELETE FROM openings WHERE event_id IN (SELECT id FROM events WHERE session = 'cli-b'); DELETE FROM events WHERE session = 'cli-b'`,
  );
  renumber(db);
};

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
    tamper(copy.dataDir, append);
    const report = await verified(copy, { checkpoints: given });
    expect(report.exitCode).toBe(0);
    expect(report.unattested).toEqual({ rows: 1, sessions: [{ session: 'cli-a', rows: 1, id: 35, seq: 18 }] });
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
});
