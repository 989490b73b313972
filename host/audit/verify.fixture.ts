import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { payloadHash, rowHash } from './chain.ts';
import { type ExportOptions, exportRows } from './export.ts';
import { readPinnedKey } from './key.ts';
import { auditDir, databaseFile } from './place.ts';
import { openDatabaseSource } from './source-database.ts';
import { draft, openTestLog, type TestData, testData } from './testing.ts';
import { type AuditReport, type VerifyOptions, verifyOpened } from './verify.ts';

/** A log of the writer's own: two sessions side by side, each with several heads, values that can be redacted and a blob. */
export interface TestLog extends Disposable {
  readonly dataDir: string;
  readonly key: string;
  /** A checkpoint of the whole log, kept elsewhere. */
  readonly checkpoint: string;
}

export async function testLog(callsPerSession = 6): Promise<TestLog> {
  const data: TestData = testData();
  const checkpoints: string[] = [];
  {
    await using log = openTestLog(data.path, { onCheckpoint: (note) => void checkpoints.push(note) });
    await log.startSession('cli-a', { workspace: 'one' });
    await log.startSession('cli-b', { workspace: 'two' }, { channel: 'webchat' });
    for (let call = 0; call < callsPerSession; call++) {
      for (const session of ['cli-a', 'cli-b']) {
        await log.append(draft(session, { redactable: { 'argu/ments': { path: `src/${call} \u00e9.ts` } } }));
        await log.append(
          draft(session, { action: 'tool.result', redactable: { result: 'x'.repeat((call % 6) * 20_000) } }),
        );
      }
      if (call === 2) for (const session of ['cli-a', 'cli-b']) await log.head(session);
    }
    for (const session of ['cli-a', 'cli-b']) await log.endSession(session, { reason: 'done' });
    checkpoints.push(await log.checkpoint());
  }
  return {
    dataDir: data.path,
    key: readPinnedKey(data.path) ?? '',
    checkpoint: checkpoints.at(-1) ?? '',
    [Symbol.dispose]: () => data[Symbol.dispose](),
  };
}

/** The same log in a directory of its own. */
export function copyOf({ dataDir, key, checkpoint }: TestLog): TestLog {
  const data = testData();
  cpSync(auditDir(dataDir), auditDir(data.path), { recursive: true, preserveTimestamps: true });
  chmodSync(auditDir(data.path), 0o700);
  return { dataDir: data.path, key, checkpoint, [Symbol.dispose]: () => data[Symbol.dispose]() };
}

/** Changes the file as somebody would who may write it and knows the format: nothing is in the way. */
export function tamper(dataDir: string, change: (db: Database.Database) => void): void {
  const db = new Database(databaseFile(dataDir));
  try {
    db.pragma('foreign_keys = OFF');
    const made = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).pluck().all();
    for (const name of made) db.exec(`DROP TRIGGER ${name}`);
    db.exec('DROP INDEX IF EXISTS events_by_session');
    db.transaction(() => change(db))();
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

/** Makes the chain of a session whole again after a change, as far as that goes without the key. */
export function rechain(db: Database.Database, session: string): void {
  const rows = db
    .prepare<[string], { id: number; payload: string }>('SELECT id, payload FROM events WHERE session = ? ORDER BY id')
    .all(session);
  let prev = '';
  for (const [at, { id, payload }] of rows.entries()) {
    const contentHash = payloadHash(payload);
    const hash = rowHash(prev, contentHash);
    db.prepare('UPDATE events SET seq = ?, prev_hash = ?, payload_hash = ?, hash = ? WHERE id = ?').run(
      at + 1,
      prev,
      contentHash,
      hash,
      id,
    );
    prev = hash;
  }
}

/** Cuts the database file. */
export function truncate(dataDir: string, part: number): void {
  const file = databaseFile(dataDir);
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  const fd = openSync(file, 'r+');
  ftruncateSync(fd, Math.floor(statSync(file).size * part));
  closeSync(fd);
}

export async function verified({ dataDir, key }: TestLog, options: Partial<VerifyOptions> = {}): Promise<AuditReport> {
  return verifyOpened(() => openDatabaseSource(dataDir), { key, signal: new AbortController().signal, ...options });
}

/** Exports a log into a file beside it; answers the path of the file. The checkpoint stands in `<file>.checkpoint`. */
export async function exported({ dataDir }: TestLog, options: Partial<ExportOptions> = {}): Promise<string> {
  const file = join(dataDir, 'export.jsonl');
  writeFileSync(file, '');
  using source = openDatabaseSource(dataDir);
  const { checkpoint } = await exportRows(source, (lines) => appendFileSync(file, lines), {
    withOpenings: true,
    signal: new AbortController().signal,
    ...options,
  });
  if (checkpoint !== undefined) writeFileSync(`${file}.checkpoint`, checkpoint);
  return file;
}

/** Makes the table of rows take anything, as somebody could who makes a file by hand. */
export function loosen(db: Database.Database): void {
  db.exec(`CREATE TEMP TABLE kept AS SELECT * FROM events; DROP TABLE events;
    CREATE TABLE events (id INTEGER PRIMARY KEY, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash);
    INSERT INTO events SELECT * FROM kept; DROP TABLE kept`);
}
