import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from './blobs.ts';
import { isErasurePending } from './erase.ts';
import { databaseFile } from './place.ts';
import { type AuditReader, openAuditReader } from './read.ts';
import { redact } from './redact.ts';
import { planRedaction, type RedactionSelector } from './redact-plan.ts';
import { chainFaults, draft, openTestLog, storedRows, testData } from './testing.ts';

const SECRET = 'the-secret-b1e5c3';
/** Long enough for a blob, and not made shorter by compressing. */
const LONG = Array.from({ length: 4000 }, (_, n) => sha256Hex(Buffer.from(`${n}`))).join(SECRET);

/** Which files of the log hold the bytes. */
function filesWith(dataDir: string, text: string): readonly string[] {
  const dir = join(dataDir, 'audit');
  return readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes(text));
}

function plan(dataDir: string, selector: RedactionSelector): ReturnType<typeof planRedaction> {
  using reader = openAuditReader(dataDir);
  return planRedaction(reader.db, selector);
}

function valuesOf(reader: AuditReader): readonly unknown[] {
  return [...reader.rows()].map((row) => Object.fromEntries(reader.opened(row)));
}

describe('a redaction', () => {
  it('leaves no byte of what it removes in any file of the log, and a chain that holds', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    // Many rows around it, so that pages were split and values copied before they are removed.
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 60 }, (_, n) =>
          log.append(
            draft(n % 3 === 0 ? 'gone' : 'kept', {
              redactable: { arguments: `${n % 3 === 0 ? SECRET : 'harmless'} ${'x'.repeat((n * 37) % 900)}` },
            }),
          ),
        ),
      );
    }
    await log.append(draft('gone', { redactable: { result: LONG, message: SECRET } }));
    const before = storedRows(data.path);
    expect(filesWith(data.path, SECRET)).not.toEqual([]);

    const planned = plan(data.path, { session: 'gone' });
    expect(planned).toMatchObject({ rows: 201, blobs: 1, sharedBlobs: 0 });
    expect(planned.openings).toHaveLength(202);
    expect(await redact({ dataDir: data.path, plan: planned, reason: 'asked for', sink: log, session: 'cli' })).toEqual(
      {
        openings: 202,
        blobs: 1,
      },
    );

    expect(filesWith(data.path, SECRET)).toEqual([]);
    expect(filesWith(data.path, LONG.slice(0, 64))).toEqual([]);
    expect(filesWith(data.path, 'harmless')).not.toEqual([]);
    const rows = storedRows(data.path);
    expect(rows.slice(0, before.length)).toEqual(before);
    expect(chainFaults(rows)).toEqual([]);
    const [arguments_, message, result] = rows.slice(before.length).map(({ payload }) => JSON.parse(payload).detail);
    expect(arguments_).toMatchObject({ pointer: '/detail/arguments', reason: 'asked for' });
    expect(arguments_.rows).toMatch(/^1,4,7,10,/);
    expect([message, result]).toEqual([
      { pointer: '/detail/message', reason: 'asked for', rows: '601' },
      { pointer: '/detail/result', reason: 'asked for', rows: '601' },
    ]);
    using reader = openAuditReader(data.path);
    const values = valuesOf(reader);
    expect(values[0]).toEqual({ arguments: { kind: 'redacted' } });
    expect(values[1]).toMatchObject({ arguments: { kind: 'value' } });
    expect(values[600]).toEqual({ message: { kind: 'redacted' }, result: { kind: 'redacted' } });
    await log.append(draft('kept'));
    expect(chainFaults(storedRows(data.path))).toEqual([]);
  });

  it('keeps a blob to which another row refers', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('a', { redactable: { result: LONG } }));
    await log.append(draft('b', { redactable: { result: LONG } }));
    const first = plan(data.path, { session: 'a' });
    expect(first).toMatchObject({ blobs: 0, sharedBlobs: 1 });
    await redact({ dataDir: data.path, plan: first, reason: 'r', sink: log, session: 'cli' });
    {
      using reader = openAuditReader(data.path);
      expect(valuesOf(reader)[1]).toEqual({ result: { kind: 'value', value: LONG } });
    }
    const second = plan(data.path, { session: 'b' });
    expect(second).toMatchObject({ blobs: 1, sharedBlobs: 0 });
    await redact({ dataDir: data.path, plan: second, reason: 'r', sink: log, session: 'cli' });
    expect(new Database(databaseFile(data.path)).prepare('SELECT * FROM blobs').all()).toEqual([]);
  });

  it.for<[string, RedactionSelector, readonly string[]]>([
    ['a session', { session: 'a' }, ['1 x', '1 y', '3 x']],
    ['rows', { ids: [2, 3] }, ['2 x', '3 x']],
    ['rows before a time', { before: '2026-03-01T00:00:02' }, ['1 x', '1 y', '2 x']],
    ['a member', { members: ['y'] }, ['1 y']],
    ['all that is named at once', { session: 'a', members: ['x'], ids: [1, 2] }, ['1 x']],
    ['nothing, if nothing is it', { session: 'c' }, []],
  ])('can be about %s', async ([, selector, expected]) => {
    using data = testData();
    let second = 0;
    const now = (): number => Date.parse('2026-03-01T00:00:00Z') + 1000 * second++;
    await using log = openTestLog(data.path, { clock: { now } });
    await log.append(draft('a', { redactable: { x: 1, y: 2 } }));
    await log.append(draft('b', { redactable: { x: 1 } }));
    await log.append(draft('a', { redactable: { x: 1 } }));
    await log.append(draft('a'));
    const { openings } = plan(data.path, selector);
    expect(openings.map(({ id, pointer }) => `${id} ${pointer.slice('/detail/'.length)}`)).toEqual(expected);
  });

  it('names what it is about', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('a', { redactable: { x: 1 } }));
    expect(() => plan(data.path, {})).toThrow(expect.objectContaining({ code: 'usage' }));
    const whole = plan(data.path, { session: 'a' });
    const spec = { dataDir: data.path, plan: whole, sink: log, session: 'cli' };
    await expect(redact({ ...spec, reason: ' ' })).rejects.toMatchObject({ code: 'usage' });
    await expect(redact({ ...spec, reason: 'x'.repeat(1001) })).rejects.toMatchObject({ code: 'usage' });
    await redact({ ...spec, reason: 'r' });
    await expect(redact({ ...spec, reason: 'r' })).rejects.toMatchObject({ code: 'usage' });
    expect(storedRows(data.path).filter(({ action }) => action === 'audit.redacted')).toHaveLength(1);
  });

  it('removes nothing that it could not record', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('a', { redactable: { x: SECRET } }));
    const refusing = { append: () => Promise.reject(new Error('no')) };
    const whole = plan(data.path, { session: 'a' });
    await expect(
      redact({ dataDir: data.path, plan: whole, reason: 'r', sink: refusing, session: 'cli' }),
    ).rejects.toThrow('no');
    using reader = openAuditReader(data.path);
    expect(valuesOf(reader)[0]).toEqual({ x: { kind: 'value', value: SECRET } });
  });

  it('that was stopped before the bytes were gone is finished by the next one', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('a', { redactable: { x: SECRET } }));
    const reading = new Database(databaseFile(data.path), { readonly: true });
    reading.exec('BEGIN; SELECT * FROM events');
    const whole = plan(data.path, { session: 'a' });
    const spec = { dataDir: data.path, reason: 'r', sink: log, session: 'cli' };
    await expect(redact({ ...spec, plan: whole, maxWaitMs: 300 })).rejects.toMatchObject({
      code: 'audit-unwritable',
      details: { erased: false, remedy: expect.stringMatching(/run the redaction again/) },
    });
    expect(filesWith(data.path, SECRET)).not.toEqual([]);
    reading.close();
    await redact({ ...spec, plan: plan(data.path, { session: 'a' }) });
    expect(filesWith(data.path, SECRET)).toEqual([]);
    using reader = openAuditReader(data.path);
    expect(isErasurePending(reader.db)).toBe(false);
  });
});
