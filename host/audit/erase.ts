import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './database.ts';
import { HostError } from '../base/error.ts';
import { auditError, isBusy } from './sqlite-error.ts';

/** How long readers and writers of other processes may hold it up. */
export const MAX_ERASE_WAIT_MS = 20_000;
const RETRY_MS = 100;

/**
 * Makes deleted values really gone. Deleting with `secure_delete` zeroes the cells, but earlier splits of a page may have left copies in its
 * free part, and the WAL holds pages as they were: so the database is rewritten (VACUUM), copied home, and the WAL cut to nothing.
 * Readers in other processes hold that up; it waits for them, within a bound.
 * @throws HostError `audit-unwritable` with `erased: false`
 * Source: sqlite.org/lang_vacuum.html, sqlite.org/pragma.html (secure_delete, wal_checkpoint).
 */
export async function erase(db: Connection, maxWaitMs = MAX_ERASE_WAIT_MS): Promise<void> {
  const until = performance.now() + maxWaitMs;
  db.pragma('secure_delete = ON');
  db.pragma(`busy_timeout = ${RETRY_MS}`);
  await insist(db, until, () => {
    db.exec('VACUUM');
    return true;
  });
  await insist(db, until, () => {
    const [busy] = db.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(TRUNCATE)').raw().get() ?? [1];
    return busy === 0;
  });
  await insist(db, until, () => {
    db.exec(`DELETE FROM meta WHERE name = 'erasure'`);
    return true;
  });
}

/** To be called in the transaction that deletes: whoever finds the mark finishes what a crash or a reader has kept from its end. */
export function markErasurePending(db: Connection): void {
  db.exec(`INSERT OR REPLACE INTO meta (name, value) VALUES ('erasure', 'pending')`);
}

/** Whether values are deleted whose bytes may still stand in a file. */
export function isErasurePending(db: Connection): boolean {
  return db.prepare(`SELECT 1 FROM meta WHERE name = 'erasure'`).get() !== undefined;
}

async function insist(db: Connection, until: number, attempt: () => boolean): Promise<void> {
  do {
    try {
      if (attempt()) return;
    } catch (error) {
      if (!isBusy(error)) throw unfinished(db, auditError(db.name, error));
    }
    await sleep(RETRY_MS);
  } while (performance.now() < until);
  throw unfinished(db, undefined);
}

function unfinished(db: Connection, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : 'another program is reading the log';
  return new HostError(
    'audit-unwritable',
    `The values are removed, but their bytes may still stand in a file: ${why}`,
    {
      file: db.name,
      erased: false,
      remedy: 'End what reads the log, make room on the disk, and run the redaction again.',
    },
  );
}
