import { DatabaseSync } from 'node:sqlite';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { isBusy } from '../../skill/lock-file.ts';

/**
 * The right to forward to one receiver, or `undefined` while another process or call has it. The system itself ends it with the
 * process that holds it (SQLite's file lock), so none can go stale.
 * @throws HostError `io` if the file cannot be locked
 */
export function tryLock(path: string): Disposable | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new HostError('io', `${shown(path, 4096)} cannot be locked`, {
      file: path,
      remedy: 'Move the file away and try again.',
    });
  }
}
