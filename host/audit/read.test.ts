import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import Database from 'better-sqlite3';
import { databaseFile } from './place.ts';
import { openAuditReader } from './read.ts';
import type { RowFilter } from './row-filter.ts';
import { draft, openTestLog, testData, type TestData } from './testing.ts';

async function sampled(): Promise<TestData> {
  const data = testData();
  let second = 0;
  const now = (): number => Date.parse('2026-03-01T00:00:00Z') + 1000 * second++;
  await using log = openTestLog(data.path, { clock: { now } });
  await log.startSession('a', {}, { channel: 'cli' });
  await log.append(draft('b', { actor: 'skill.runner', action: 'skill.call', channel: 'web' }));
  await log.append(
    draft('a', { action: 'permission.decision', actor: 'gateway.permissions', detail: { decision: 'denied' } }),
  );
  await log.append(
    draft('b', { action: 'permission.decision', actor: 'gateway.permissions', detail: { decision: 'allowed' } }),
  );
  await log.append(draft('a', { action: 'permission.changed' }));
  await log.endSession('a', {});
  return data;
}

describe('a reader', () => {
  it('lists sessions, the one with the newest row first', async () => {
    using data = await sampled();
    using reader = openAuditReader(data.path);
    expect([...reader.sessions()]).toEqual([
      {
        session: 'b',
        rows: 3,
        firstTs: '2026-03-01T00:00:02.000Z',
        lastTs: expect.any(String),
        firstId: 3,
        lastId: 9,
        channel: 'web',
        attestedSeq: 2,
        ended: false,
      },
      {
        session: 'a',
        rows: 6,
        firstTs: '2026-03-01T00:00:00.000Z',
        lastTs: expect.any(String),
        firstId: 1,
        lastId: 8,
        channel: 'cli',
        attestedSeq: 5,
        ended: true,
      },
    ]);
    expect(reader.session('a')).toMatchObject({ session: 'a', rows: 6 });
    expect(reader.session('c')).toBeUndefined();
    expect(reader.lastId()).toBe(9);
    expect(reader.row(3)).toMatchObject({ id: 3, action: 'skill.call' });
    expect(reader.row(10)).toBeUndefined();
  });

  it.for<[string, RowFilter, readonly number[]]>([
    ['everything', {}, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['a session', { session: 'a' }, [1, 2, 4, 6, 7, 8]],
    ['an action', { action: 'permission.changed' }, [6]],
    ['a family of actions', { action: 'permission' }, [4, 5, 6]],
    ['no part of a name', { action: 'perm' }, []],
    ['an actor', { actor: 'skill.runner' }, [3]],
    ['a channel', { channel: 'web' }, [3]],
    ['a time on', { since: '2026-03-01T00:00:05' }, [6, 7, 8, 9]],
    ['a time before', { until: '2026-03-01T00:00:02' }, [1, 2]],
    ['a decision', { decision: 'denied' }, [4]],
    ['rows after one', { afterId: 7 }, [8, 9]],
    ['rows before one', { beforeId: 3 }, [1, 2]],
    ['the last ones', { limit: 2, newestFirst: true }, [9, 8]],
    ['the last of a session', { session: 'a', limit: 2, newestFirst: true }, [8, 7]],
    ['everything that is asked at once', { session: 'a', action: 'permission', afterId: 4, limit: 5 }, [6]],
    ['text as text', { actor: `' OR 1 --` }, []],
  ])('answers %s', async ([, filter, expected]) => {
    using data = await sampled();
    using reader = openAuditReader(data.path);
    expect([...reader.rows(filter)].map(({ id }) => id)).toEqual(expected);
  });

  it('sees rows that come later', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('a'));
    using reader = openAuditReader(data.path);
    expect(reader.lastId()).toBe(1);
    await log.append(draft('a'));
    expect([...reader.rows({ afterId: 1 })].map(({ id }) => id)).toEqual([2]);
  });

  it('says which values are not the ones that were committed to', async () => {
    using data = testData();
    await using log = openTestLog(data.path);
    await log.append(draft('a', { redactable: { x: 'one', y: 'two', z: 'z'.repeat(70_000) } }));
    const db = new Database(databaseFile(data.path));
    db.exec(`DROP TRIGGER openings_no_update; DROP TRIGGER blobs_no_update;
      UPDATE openings SET value = '"other"' WHERE pointer = '/detail/x'; UPDATE blobs SET data = x'00';
      DELETE FROM openings WHERE pointer = '/detail/y'`);
    db.close();
    using reader = openAuditReader(data.path);
    const row = reader.row(1);
    expect(row && Object.fromEntries(reader.opened(row))).toEqual({
      x: { kind: 'broken' },
      y: { kind: 'redacted' },
      z: { kind: 'broken' },
    });
  });

  it('of a damaged file says so on the way', async () => {
    using data = testData();
    {
      await using log = openTestLog(data.path);
      await Promise.all(Array.from({ length: 300 }, () => log.append(draft('a', { detail: { a: 'x'.repeat(500) } }))));
    }
    const bytes = readFileSync(databaseFile(data.path));
    bytes.fill(0xff, 4096 * 40, 4096 * 48);
    writeFileSync(databaseFile(data.path), bytes);
    chmodSync(databaseFile(data.path), 0o600);
    using reader = openAuditReader(data.path);
    expect(() => [...reader.rows()]).toThrow(expect.objectContaining({ name: 'HostError', code: 'audit-invalid' }));
  });
});
