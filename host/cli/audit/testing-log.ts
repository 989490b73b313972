import Database from 'better-sqlite3';
import { databaseFile } from '../../audit/place.ts';
import { openTestLog } from '../../audit/testing.ts';
import { fixedClock } from '../../base/ports.ts';
import type { EventDraft } from '../../policy/event.ts';

/** When everything in these logs happens. */
export const THEN = '2026-03-01T10:00:00.000Z';

export type Row = Omit<EventDraft, 'session' | 'channel'>;

/** Writes one whole session with these rows between its start and its end. For tests. */
export async function writeSession(
  dataDir: string,
  session: string,
  rows: readonly Row[],
  command = 'chat',
): Promise<void> {
  const channel = session.split('-')[0] ?? 'cli';
  await using log = openTestLog(dataDir, { clock: fixedClock(THEN) });
  await log.startSession(session, { command, agent: 'default', person: 'ann' }, { channel });
  for (const row of rows) await log.append({ session, channel, ...row });
  await log.endSession(session, {}, { channel });
}

/** What somebody does who may write the file: the triggers are in nobody's way. */
export function tamper(dataDir: string, ...statements: readonly string[]): void {
  const db = new Database(databaseFile(dataDir));
  try {
    db.pragma('foreign_keys = OFF');
    const triggers = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).pluck().all();
    for (const name of triggers) db.exec(`DROP TRIGGER ${name}`);
    for (const statement of statements) db.exec(statement);
  } finally {
    db.close();
  }
}
