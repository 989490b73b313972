import { createHash } from 'node:crypto';
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHex } from '../base/bytes.ts';
import { fixedClock } from '../base/ports.ts';
import { openCheckpoint } from './checkpoint.ts';
import { openDatabase } from './database.ts';
import type { AuditLog } from './log.ts';
import { readPinnedKey } from './key.ts';
import { databaseFile } from './place.ts';
import { chainFaults, detailOf, draft, openTestLog, query, rootOfRows, storedRows, testData } from './testing.ts';

const AT = '2026-03-01T10:00:00.000Z';

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

describe('whatever is appended', () => {
  it('in whatever order, by whichever of two logs, makes one sound log', async () => {
    const step = fc.record({
      log: fc.nat(1),
      session: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('row', 'head', 'start', 'end', 'checkpoint', 'reopen', 'wait'),
      value: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
        fc.boolean(),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        using data = testData();
        const open = (): AuditLog => openTestLog(data.path, { limits: { headEveryRows: 4 } });
        const logs = [open(), open()];
        const pending: Promise<unknown>[] = [];
        let rows = 0;
        for (const { log: which, session, what, value } of steps) {
          const log = logs[which] ?? open();
          if (what === 'row') rows++;
          if (what === 'row') pending.push(log.append(draft(session, { redactable: { value } })));
          else if (what === 'head') pending.push(log.head(session));
          else if (what === 'start') pending.push(log.startSession(session, {}));
          else if (what === 'end') pending.push(log.endSession(session, {}));
          else if (what === 'checkpoint') pending.push(log.checkpoint());
          else if (what === 'wait') await Promise.all(pending);
          else {
            await log[Symbol.asyncDispose]();
            logs[which] = open();
          }
        }
        await Promise.all(pending);
        for (const log of logs) await log[Symbol.asyncDispose]();
        const stored = storedRows(data.path);
        expect(chainFaults(stored)).toEqual([]);
        expect(stored.filter(({ action }) => action === 'tool.call')).toHaveLength(rows);
        const key = readPinnedKey(data.path) ?? '';
        for (const { size, note } of query<{ size: number; note: string }>(data.path, 'SELECT * FROM checkpoints')) {
          expect(openCheckpoint(note, key)).toEqual({ size, root: rootOfRows(stored, size) });
        }
        for (const session of ['a', 'b', 'c']) {
          const own = stored.filter((row) => row.session === session);
          const heads = own.filter(({ action }) => action === 'chain.head');
          const covered = heads.map((head) => [detailOf(head)['first_seq'], detailOf(head)['last_seq']]);
          expect(covered).toEqual(heads.map((head, at) => [heads[at - 1]?.seq ?? 1, head.seq - 1]));
          // Each log attests what it wrote when it is closed, so the last row of a session is a head.
          expect(own.at(-1)?.action ?? 'chain.head').toBe('chain.head');
        }
      }),
      { numRuns: 25 },
    );
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

  it.for<[string, (file: string) => void]>([
    ['was moved away', (file) => renameSync(file, `${file}.old`)],
    ['was removed', (file) => rmSync(file)],
    ['was exchanged', (file) => copyFileSync(file, `${file}.new`) ?? renameSync(`${file}.new`, file)],
  ])('because it %s while it was open, says so', async ([, spoil]) => {
    using data = testData();
    const log = openTestLog(data.path, { onNotice: () => undefined });
    await log.append(draft('s'));
    spoil(databaseFile(data.path));
    await expect(log.append(draft('s'))).rejects.toMatchObject({
      code: 'audit-unwritable',
      message: expect.stringMatching(/moved away/),
    });
    await log[Symbol.asyncDispose]();
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
