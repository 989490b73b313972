import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { parsePublicKey, verifySignature } from '../skill/ed25519.ts';
import { openCheckpoint } from './checkpoint.ts';
import { headMessage } from './head.ts';
import { readPinnedKey } from './key.ts';
import { databaseFile } from './place.ts';
import { chainFaults, detailOf, draft, openTestLog, query, rootOfRows, storedRows, testData } from './testing.ts';

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

  it('are tried again when they could not be written', async () => {
    using data = testData();
    const notices: string[] = [];
    await using log = openTestLog(data.path, { limits: { headEveryMs: 20 }, onNotice: (line) => notices.push(line) });
    await log.head('s');
    const key = join(data.path, 'audit', 'audit.pub');
    mkdirSync(key);
    await log.append(draft('s'));
    await expect.poll(() => notices.length).toBeGreaterThan(1);
    rmSync(key, { recursive: true });
    await expect.poll(() => storedRows(data.path).map(({ action }) => action)).toEqual(['tool.call', 'chain.head']);
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
