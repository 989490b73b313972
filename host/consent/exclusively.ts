import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { HostError } from '../base/error.ts';

const WAIT_MS = 10_000;
const RETRY_MS = 25;

/**
 * Runs `work` while no other process or call does the same on this path. The system itself ends the exclusion with the process that
 * holds it (SQLite's file lock), so none can go stale.
 * Rejects with `signal.reason`.
 * @throws HostError `lock-busy` when another one is not done in ten seconds, `io`
 */
export async function exclusively<T>(path: string, work: () => T, signal: AbortSignal): Promise<T> {
  // Loaded only here: most processes never edit.
  const { default: Sqlite } = await import('better-sqlite3');
  const deadline = performance.now() + WAIT_MS;
  const database = opened(() => new Sqlite(path, { timeout: 0 }), path);
  try {
    while (!tryBegin(database, path)) {
      if (performance.now() >= deadline) {
        throw new HostError('lock-busy', 'Another wirken is changing the permissions', {
          file: path,
          remedy: 'Wait until it is done, then try again.',
        });
      }
      // The reason itself, not the timer's error around it.
      await sleep(RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
    return work();
  } finally {
    database.close();
  }
}

function opened(open: () => Database, path: string): Database {
  try {
    return open();
  } catch {
    throw unlockable(path);
  }
}

function tryBegin(database: Database, path: string): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return false;
    throw unlockable(path);
  }
}

function unlockable(path: string): HostError {
  return new HostError('io', 'The permissions cannot be locked for a change', {
    file: path,
    remedy:
      'See that the data directory can be written and the disk is not full; move this file away if it is damaged.',
  });
}
