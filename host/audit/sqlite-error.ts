import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';

/** SQLite's own code of an error, `SQLITE_BUSY` for instance; `undefined` for any other error. Source: sqlite.org/rescode.html. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'SqliteError' || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether another connection held the lock for longer than this one waits. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED)/.test(sqliteCode(error) ?? '');
}

/** What could not be done. */
export type Use = 'reading' | 'writing';

/** Runs `work`; an error of SQLite becomes a HostError about `file`: see `auditError`. */
export function asAuditError<T>(file: string, work: () => T, use: Use = 'writing'): T {
  try {
    return work();
  } catch (error) {
    throw auditError(file, error, use);
  }
}

/**
 * SQLite's error for a person: `audit-invalid` for a damaged or foreign file, otherwise `audit-unwritable`, or `io` where it was read. Any
 * other error comes back as it is.
 */
export function auditError(file: string, error: unknown, use: Use = 'writing'): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code;
  const [kind, what, remedy] = REASONS[primary] ?? UNKNOWN;
  const details = { file, remedy, sqlite: code };
  if (kind === 'audit-invalid') return new HostError(kind, `The audit log ${shown(file)} ${what}`, details);
  return use === 'reading'
    ? new HostError('io', `The audit log cannot be read: ${shown(file)}: ${what}`, details)
    : new HostError(kind, `The audit log cannot be written: ${shown(file)}: ${what}`, details);
}

type Reason = readonly [kind: 'audit-unwritable' | 'audit-invalid', what: string, remedy: string];

const PERMISSION: Reason = ['audit-unwritable', 'permission denied', 'Make the data directory accessible.'];
const DAMAGED: Reason = [
  'audit-invalid',
  'is damaged',
  'Keep it as evidence, restore a backup, and look at both with `wirken audit verify`.',
];
const LOCKED: Reason = [
  'audit-unwritable',
  'another program holds it locked',
  'End the program that has the log open, or try again.',
];
const UNKNOWN: Reason = ['audit-unwritable', 'the database answers with an error', 'Look at it with `wirken doctor`.'];
const REASONS: Readonly<Record<string, Reason>> = {
  SQLITE_BUSY: LOCKED,
  SQLITE_LOCKED: LOCKED,
  SQLITE_FULL: ['audit-unwritable', 'no space left on the disk', 'Make room on the disk.'],
  SQLITE_IOERR: ['audit-unwritable', 'the disk answers with an error', 'Make room on the disk, and check it.'],
  SQLITE_READONLY: PERMISSION,
  SQLITE_CANTOPEN: PERMISSION,
  SQLITE_PERM: PERMISSION,
  SQLITE_AUTH: PERMISSION,
  SQLITE_TOOBIG: ['audit-unwritable', 'the row is too large', 'Lower the limits of the call that is recorded.'],
  SQLITE_NOMEM: ['audit-unwritable', 'not enough memory', 'End other programs.'],
  SQLITE_CORRUPT: DAMAGED,
  SQLITE_NOTADB: ['audit-invalid', 'is no database', 'Move it away, or restore a backup.'],
  SQLITE_FORMAT: DAMAGED,
  SQLITE_CONSTRAINT: ['audit-invalid', 'refuses its next row: it contradicts itself', DAMAGED[2]],
  SQLITE_ERROR: ['audit-invalid', 'lacks a part of its schema', DAMAGED[2]],
};
