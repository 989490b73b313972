import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Json } from '../base/jcs.ts';
import type { EventDraft } from '../policy/event.ts';
import { encodeHex, encodeUtf8 } from '../base/bytes.ts';
import { fixedClock } from '../base/ports.ts';
import { parsePublicKey, verifySignature } from '../skill/ed25519.ts';
import { MAX_BLOB_BYTES, sha256Hex } from './blobs.ts';
import { openCheckpoint } from './checkpoint.ts';
import { openDatabase } from './database.ts';
import { headMessage } from './head.ts';
import { readPinnedKey } from './key.ts';
import { databaseFile } from './place.ts';
import { openAuditReader } from './read.ts';
import { chainFaults, type ChainRow, draft, openTestLog, storedRows, testData } from './testing.ts';
import { Frontier, leafHash } from './tree.ts';

const AT = '2026-03-01T10:00:00.000Z';

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the statement selects
function query<T>(dataDir: string, sql: string): readonly T[] {
  const db = new Database(databaseFile(dataDir));
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
}

function detailOf(row: ChainRow | undefined): { readonly [member: string]: Json } {
  return JSON.parse(row?.payload ?? '{}').detail;
}

function rootOfRows(rows: readonly ChainRow[], size: number): Buffer {
  const tree = new Frontier();
  for (const { hash } of rows.slice(0, size)) tree.push(leafHash(hash));
  return tree.root();
}

describe('an appended row', () => {
  it('stands in the log as the format says', async () => {
    using data = testData();
    await using log = openTestLog(data.path, { clock: fixedClock(AT) });
    const salts: string[] = [];
    const first = await log.append(
      draft('s', { channel: 'cli', redactable: { arguments: { path: 'a' }, 'a/b': 1 }, detail: { z: 1, tool: 't' } }),
    );
    const second = await log.append(draft('s'));
    const other = await log.append(draft('t'));
    expect([first, second, other]).toMatchObject([
      { id: 1, seq: 1 },
      { id: 2, seq: 2 },
      { id: 3, seq: 1 },
    ]);
    const rows = storedRows(data.path);
    expect(chainFaults(rows)).toEqual([]);
    expect(rows.map(({ hash }) => hash)).toEqual([first.hash, second.hash, other.hash]);
    const openings = query<{ pointer: string; salt: Buffer; value: string }>(
      data.path,
      'SELECT * FROM openings WHERE event_id = 1 ORDER BY pointer',
    );
    expect(openings.map(({ pointer, value }) => [pointer, value])).toEqual([
      ['/detail/arguments', '{"path":"a"}'],
      ['/detail/a~1b', '1'],
    ]);
    const [args, hidden] = openings.map(({ salt, value }) => {
      salts.push(encodeHex(salt));
      return createHash('sha256').update(salt).update(value).digest('hex');
    });
    expect(rows[0]?.payload).toBe(
      `{"action":"tool.call","actor":"agent","channel":"cli","detail":{"a/b":{"$c":"${hidden}"},"arguments":{"$c":"${args}"},` +
        `"tool":"t","z":1},"session":{"full":"s"},"ts":"${AT}"}`,
    );
    expect(rows[0]).toMatchObject({ session: 's', ts: AT, actor: 'agent', action: 'tool.call', channel: 'cli' });
    expect(rows[1]).toMatchObject({ channel: null });
    expect(new Set(salts).size).toBe(2);
  });

  it('is durable for everyone once its promise resolves', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    for (let row = 1; row <= 5; row++) {
      const { hash } = await log.append(draft('s'));
      expect(storedRows(data.path).at(-1)).toMatchObject({ seq: row, hash });
    }
  });

  it('keeps the order of the calls, and many stand in one transaction', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    const watcher = new Database(databaseFile(data.path), { readonly: true });
    const version = (): unknown => watcher.pragma('data_version', { simple: true });
    const start = Number(version());
    const appended = await Promise.all(
      Array.from({ length: 64 }, (_, n) => log.append(draft(`s${n % 4}`, { detail: { n } }))),
    );
    expect(Number(version())).toBe(start + 1);
    watcher.close();
    expect(appended.map(({ id }) => id)).toEqual(Array.from({ length: 64 }, (_, n) => n + 1));
    expect(storedRows(data.path).map((row) => detailOf(row)['n'])).toEqual(Array.from({ length: 64 }, (_, n) => n));
  });

  it('goes on where the log stands, in a new process too', async () => {
    using data = testData();
    for (let round = 0; round < 3; round++) {
      await using log = openTestLog(data.path);
      await log.append(draft('s'));
    }
    const rows = storedRows(data.path);
    expect(chainFaults(rows)).toEqual([]);
    expect(rows.map(({ action }) => action)).toEqual([1, 2, 3].flatMap(() => ['tool.call', 'chain.head']));
  });

  it('meets rows that another connection appended meanwhile', async () => {
    using data = testData();
    await using one = openTestLog(data.path);
    await using other = openTestLog(data.path);
    for (let round = 0; round < 20; round++) {
      await one.append(draft('s'));
      await other.append(draft('s'));
      await Promise.all([one.append(draft('s')), other.append(draft('s')), one.append(draft('t'))]);
    }
    const rows = storedRows(data.path);
    expect(rows).toHaveLength(100);
    expect(chainFaults(rows)).toEqual([]);
  });
});

describe('a draft', () => {
  it.for<[string, Partial<EventDraft>]>([
    ['an unsafe integer', { detail: { n: 2 ** 53 } }],
    ['an unsafe integer deep in what can be removed', { redactable: { a: [{ b: -(2 ** 60) }] } }],
    ['a number that is none', { detail: { n: Number.NaN } }],
    ['a lone surrogate', { detail: { a: 'x\ud800' } }],
    ['a lone surrogate in what can be removed', { redactable: { a: ['\udc00'] } }],
    ['a lone surrogate in a name', { redactable: { 'a\ud800': 1 } }],
    ['a name in both', { detail: { a: 1 }, redactable: { a: 2 } }],
    ['a decision that can be removed', { redactable: { decision: 'allowed' } }],
    ['a tier that can be removed', { redactable: { tier: 'tier1' } }],
    ['a hash that can be removed', { redactable: { hash: 'ab' } }],
    ['a key that can be removed', { redactable: { key: 'ab' } }],
    ['a member that looks like a commitment', { detail: { a: { $c: 'ab' } } }],
    ['a blob to which nothing refers', { blobs: [new Uint8Array(3)] }],
    ['an undefined member', { detail: { a: undefined as never } }],
    ['a session with an uppercase name', { session: 'S' }],
    ['a session without name', { session: '' }],
    ['a session with a long name', { session: 'a'.repeat(129) }],
  ])('with %s is a bug, and writes nothing', async ([, wrong]) => {
    using data = testData();
    await using log = openTestLog(data.path);
    const good = log.append(draft('s'));
    await expect(log.append(draft('s', wrong))).rejects.toThrow(TypeError);
    await good;
    expect(storedRows(data.path)).toHaveLength(1);
  });

  it.for<[string, Partial<EventDraft>]>([
    ['nests too deep', { redactable: { a: deep(5000) } }],
    ['is too large in the clear', { detail: { a: 'x'.repeat(1024 * 1024) } }],
  ])('that %s is refused', async ([, wrong]) => {
    using data = testData();
    await using log = openTestLog(data.path);
    await expect(log.append(draft('s', wrong))).rejects.toMatchObject({ code: 'audit-unwritable' });
    expect(storedRows(data.path)).toEqual([]);
  });
});

describe('a large value', () => {
  const large = { text: 'x'.repeat(70_000) };
  const bytes = encodeUtf8(JSON.stringify(large));

  it('stands in a blob, once, compressed, and is committed to by its hash', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('s', { redactable: { result: large } }));
    await log.append(draft('t', { redactable: { result: large, other: 'x'.repeat(65_534) } }));
    const blobs = query<{ sha256: string; bytes: number; encoding: string; data: Buffer }>(
      data.path,
      'SELECT * FROM blobs',
    );
    expect(blobs).toMatchObject([{ sha256: sha256Hex(bytes), bytes: bytes.length, encoding: 'zstd' }]);
    expect(blobs[0]?.data.length).toBeLessThan(1000);
    const [opening] = query<{ salt: Buffer; value: string; blob: string }>(data.path, 'SELECT * FROM openings');
    expect(opening?.value).toBe(`{"$blob":"${sha256Hex(bytes)}","bytes":${bytes.length}}`);
    expect(opening?.blob).toBe(sha256Hex(bytes));
    const hash = createHash('sha256')
      .update(opening?.salt ?? '')
      .update(opening?.value ?? '')
      .digest('hex');
    expect(detailOf(storedRows(data.path)[0])['result']).toEqual({ $c: hash });
    using reader = openAuditReader(data.path);
    const [row] = reader.rows({ limit: 1 });
    expect(row && reader.opened(row).get('result')).toEqual({ kind: 'value', value: large });
  });

  it('of given bytes is kept as they are', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    const journal = new Uint8Array(1000).map((_, at) => (at * 197) % 251);
    const reference = { $blob: sha256Hex(journal), bytes: journal.length };
    await log.append(draft('s', { redactable: { journal_blob: reference }, blobs: [journal] }));
    using reader = openAuditReader(data.path);
    const [row] = reader.rows();
    expect(row && reader.opened(row).get('journal_blob')).toEqual({ kind: 'blob', reference });
    expect(encodeHex(reader.openings.bytes(reference) ?? new Uint8Array())).toBe(encodeHex(journal));
  });

  it('that only looks like a reference reads back as itself', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    const secret = new Uint8Array(300).fill(65);
    const reference = { $blob: sha256Hex(secret), bytes: secret.length };
    await log.append(draft('s', { redactable: { journal_blob: reference }, blobs: [secret] }));
    await log.append(draft('t', { redactable: { arguments: reference } }));
    using reader = openAuditReader(data.path);
    const [row] = reader.rows({ session: 't' });
    expect(row && reader.opened(row).get('arguments')).toEqual({ kind: 'value', value: reference });
    const [opening] = query<{ blob: string }>(data.path, 'SELECT blob FROM openings WHERE event_id = 2');
    expect(opening?.blob).not.toBe(reference.$blob);
  });

  it('beyond the cap is committed to, but not kept', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('s', { redactable: { result: 'x'.repeat(MAX_BLOB_BYTES) } }));
    expect(query(data.path, 'SELECT 1 FROM blobs')).toEqual([]);
    using reader = openAuditReader(data.path);
    const [row] = reader.rows();
    expect(row && reader.opened(row).get('result')).toEqual({ kind: 'not-kept', bytes: MAX_BLOB_BYTES + 2 });
  });
});

describe('heads', () => {
  it('come with the start and the end of a session, each with a checkpoint', async () => {
    using data = testData();
    const sent: string[] = [];
    await using log = openTestLog(data.path, { onCheckpoint: (note) => sent.push(note) });
    await log.startSession('s', { version: '1' }, { channel: 'cli' });
    await log.append(draft('s'));
    await log.append(draft('t'));
    await log.endSession('s', { reason: 'done' }, { actor: 'gateway' });
    const rows = storedRows(data.path);
    expect(chainFaults(rows)).toEqual([]);
    expect(rows.map(({ session, action }) => `${session} ${action}`)).toEqual([
      's session.start',
      's chain.head',
      's tool.call',
      't tool.call',
      's session.end',
      's chain.head',
    ]);
    const [first, last] = rows.filter(({ action }) => action === 'chain.head');
    const key = readPinnedKey(data.path) ?? '';
    for (const [row, firstSeq, lastSeq, prevHash, hash] of [
      [first, 1, 1, '', rows[0]?.hash],
      [last, 2, 4, rows[1]?.prev_hash, rows[4]?.hash],
    ] as const) {
      const { sig, ...detail } = detailOf(row);
      expect(detail).toEqual({ first_seq: firstSeq, last_seq: lastSeq, prev_hash: prevHash, hash, key });
      const message = headMessage({ session: 's', firstSeq, lastSeq, prevHash: prevHash ?? '', hash: hash ?? '' });
      expect(
        verifySignature(Buffer.from(typeof sig === 'string' ? sig : '', 'hex'), message, parsePublicKey(key)),
      ).toBe(true);
    }
    const kept = query<{ size: number; note: string }>(data.path, 'SELECT * FROM checkpoints ORDER BY size');
    expect(kept.map(({ size }) => size)).toEqual([1, 5]);
    expect(kept.map(({ note }) => note)).toEqual(sent);
    for (const { size, note } of kept) {
      expect(openCheckpoint(note, key)).toEqual({ size, root: rootOfRows(rows, size) });
    }
  });

  it('come every so many rows of a session', async () => {
    using data = testData();
    await using log = openTestLog(data.path, { limits: { headEveryRows: 10 } });
    await Promise.all(Array.from({ length: 35 }, () => log.append(draft('s'))));
    await Promise.all(Array.from({ length: 9 }, () => log.append(draft('t'))));
    const heads = storedRows(data.path).filter(({ action }) => action === 'chain.head');
    expect(heads.map((row) => [row.session, detailOf(row)['first_seq'], detailOf(row)['last_seq']])).toEqual([
      ['s', 1, 10],
      ['s', 11, 21],
      ['s', 22, 32],
    ]);
    expect(chainFaults(storedRows(data.path))).toEqual([]);
  });

  it('come when rows have stood without one for long, and then not again', async () => {
    using data = testData();
    await using log = openTestLog(data.path, { limits: { headEveryMs: 20 } });
    await log.append(draft('s'));
    await log.append(draft('t'));
    const heads = (): readonly string[] =>
      storedRows(data.path).flatMap(({ action, session }) => (action === 'chain.head' ? [session] : []));
    await expect.poll(heads).toEqual(['s', 't']);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heads()).toEqual(['s', 't']);
    await log.append(draft('t'));
    await expect.poll(heads).toEqual(['s', 't', 't']);
  });

  it('come when the log is closed, over what no head covers', async () => {
    using data = testData();
    const log = openTestLog(data.path);
    await log.startSession('s', {});
    void log.append(draft('t'));
    await log[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    expect(storedRows(data.path).map(({ session, action }) => `${session} ${action}`)).toEqual([
      's session.start',
      's chain.head',
      't tool.call',
      't chain.head',
    ]);
    await expect(log.append(draft('s'))).rejects.toThrow(TypeError);
  });

  it('are not written over nothing', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    expect(await log.head('s')).toBeUndefined();
    await log.append(draft('s'));
    expect(await log.head('s')).toMatchObject({ id: 2, seq: 2 });
    expect(await log.head('s')).toBeUndefined();
    expect(storedRows(data.path)).toHaveLength(2);
  });

  it('cannot be written with another key, but rows can', async () => {
    using data = testData();
    {
      await using log = openTestLog(data.path);
      await log.append(draft('s'));
    }
    rmSync(join(data.path, 'audit', 'key'));
    rmSync(join(data.path, 'audit', 'audit.pub'));
    const notices: string[] = [];
    await using log = openTestLog(data.path, {
      onNotice: (line) => notices.push(line),
      limits: { headEveryRows: 3 },
    });
    await expect(log.startSession('t', {})).rejects.toMatchObject({ code: 'audit-key' });
    for (let row = 0; row < 3; row++) await log.append(draft('u'));
    expect(notices).toEqual([expect.stringMatching(/not attested yet: The audit log was begun under another key/)]);
    expect(storedRows(data.path).filter(({ session }) => session === 'u')).toHaveLength(3);
  });

  it('do not sign over a checkpoint that says something else', async () => {
    using data = testData();
    await using log = openTestLog(data.path, { onNotice: () => undefined });
    await log.append(draft('s'));
    await log.checkpoint();
    const db = new Database(databaseFile(data.path));
    db.exec(`DROP TRIGGER checkpoints_no_update; UPDATE checkpoints SET note = 'x'`);
    db.close();
    await expect(log.checkpoint()).rejects.toMatchObject({ code: 'audit-invalid' });
    await expect(log.head('s')).rejects.toMatchObject({ code: 'audit-invalid' });
    expect(storedRows(data.path)).toHaveLength(1);
  });
});

describe('a checkpoint', () => {
  it('covers all rows, and is one for each size', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await Promise.all(Array.from({ length: 300 }, (_, n) => log.append(draft(`s${n % 7}`))));
    const note = await log.checkpoint();
    expect(await log.checkpoint()).toBe(note);
    const rows = storedRows(data.path);
    expect(openCheckpoint(note, readPinnedKey(data.path) ?? '')).toEqual({ size: 300, root: rootOfRows(rows, 300) });
    await log.head('s1');
    expect(query(data.path, 'SELECT 1 FROM checkpoints')).toHaveLength(1);
  });
});

describe('a clock', () => {
  it('that runs backwards breaks nothing, and is told once', async () => {
    using data = testData();
    const times = ['2026-03-01T10:00:00.000Z', '2026-03-01T09:00:00.000Z', '2026-02-28T09:00:00.000Z', AT];
    const notices: string[] = [];
    let at = 0;
    const now = (): number => Date.parse(times[Math.min(at++, times.length - 1)] ?? AT);
    await using log = openTestLog(data.path, { clock: { now }, onNotice: (line) => notices.push(line) });
    for (const _ of times) await log.append(draft('s'));
    const rows = storedRows(data.path);
    expect(rows.map(({ payload }) => JSON.parse(payload).ts)).toEqual(times);
    expect(chainFaults(rows)).toEqual([]);
    expect(notices).toEqual([
      'The clock ran backwards, from 2026-03-01T10:00:00.000Z to 2026-03-01T09:00:00.000Z; the audit log keeps the order of its rows',
    ]);
  });

  it.for([Number.NaN, Date.UTC(10_000, 0), -1e15])('that stands at %s is a bug', async (at) => {
    using data = testData();
    await using log = openTestLog(data.path, { clock: { now: () => at } });
    await expect(log.append(draft('s'))).rejects.toThrow(TypeError);
  });
});

describe('a log that cannot be written', () => {
  it('refuses exactly the rows of the transaction that failed, and goes on afterwards', async () => {
    using data = testData();
    const notices: string[] = [];
    await using log = openTestLog(data.path, { onNotice: (line) => notices.push(line) });
    const kept = await Promise.all(Array.from({ length: 20 }, () => log.append(draft('s'))));
    const db = new Database(databaseFile(data.path));
    db.exec(
      `CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.session = 'full' BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    const outcomes = await Promise.allSettled([
      log.append(draft('s')),
      log.append(draft('full')),
      log.append(draft('s')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    db.exec('DROP TRIGGER full');
    db.close();
    {
      // As many rows as the failed transaction had written before it failed.
      await using other = openTestLog(data.path);
      expect(await other.append(draft('other'))).toMatchObject({ id: kept.length + 1 });
      expect(await log.append(draft('s'))).toMatchObject({ seq: kept.length + 1 });
    }
    expect(await log.append(draft('full'))).toMatchObject({ seq: 1 });
    expect(chainFaults(storedRows(data.path))).toEqual([]);
    expect(notices).toEqual([]);
  });

  it('because another program holds it locked, waits, and then says so', async () => {
    using data = testData();
    await using log = openTestLog(data.path, { limits: { maxLockWaitMs: 200 } });
    await log.append(draft('s'));
    const holder = new Database(databaseFile(data.path));
    holder.exec('BEGIN IMMEDIATE');
    const waiting = log.append(draft('s'));
    await expect(waiting).rejects.toMatchObject({
      code: 'audit-unwritable',
      message: expect.stringMatching(/locked/),
      details: { file: databaseFile(data.path), remedy: expect.anything() },
    });
    const patient = log.append(draft('s'));
    holder.exec('ROLLBACK');
    holder.close();
    expect(await patient).toMatchObject({ id: 2, seq: 2 });
  });

  it('takes only so much that waits', async () => {
    using data = testData();
    await using log = openTestLog(data.path, { limits: { maxQueuedJobs: 4, maxQueuedBytes: 100_000 } });
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => log.append(draft('s'))));
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), 'rejected', 'rejected']);
    expect(outcomes[5]).toMatchObject({ reason: { code: 'audit-unwritable' } });
    const big = { redactable: { result: 'x'.repeat(60_000) } };
    const both = await Promise.allSettled([log.append(draft('s', big)), log.append(draft('s', big))]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    const huge = { redactable: { result: 'x'.repeat(500_000) } };
    await log.append(draft('s', huge));
    expect(storedRows(data.path)).toHaveLength(6);
  });

  it('because it is damaged while it is open, says so', async () => {
    using data = testData();
    const log = openTestLog(data.path, { onNotice: () => undefined });
    await log.append(draft('s'));
    const db = openDatabase(data.path, { readonly: false });
    db.exec('DROP TABLE openings');
    db.close();
    await expect(log.append(draft('s', { redactable: { a: 1 } }))).rejects.toMatchObject({ code: 'audit-invalid' });
    await log[Symbol.asyncDispose]();
    writeFileSync(join(data.path, 'audit', 'log.db'), '');
    expect(openTestLog(data.path)[Symbol.asyncDispose]).toBeDefined();
  });
});

function deep(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
