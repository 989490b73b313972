import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HostError, systemCode } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { syncDir } from '../skill/durable.ts';

/** Where the log of a data directory lies. */
export function auditDir(dataDir: string): string {
  return join(resolve(dataDir), 'audit');
}

export function databaseFile(dataDir: string): string {
  return join(auditDir(dataDir), 'log.db');
}

/**
 * The directory of the log, made with mode 0700 if it is missing.
 * @throws HostError `audit-unwritable`, or `audit-invalid` for one that is not a directory of one's own.
 */
export function ensureAuditDir(dataDir: string): string {
  const dir = auditDir(dataDir);
  try {
    if (mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined) syncDir(resolve(dataDir));
  } catch (error) {
    throw unwritable(dir, error);
  }
  checkAuditDir(dataDir);
  return dir;
}

/** @throws HostError `audit-invalid` for a directory that others could have written to; `not-found` */
export function checkAuditDir(dataDir: string): void {
  const dir = auditDir(dataDir);
  const stat = look(dir);
  if (stat === undefined) throw noLog(dir);
  if (!stat.isDirectory()) throw strange(dir, 'is no directory', 'Move it away.');
  checkOwner(dir, stat, 0o700);
}

/**
 * The database file, made with mode 0600 if it is missing and `create` is set. Its WAL files get the same mode.
 * @throws HostError `audit-invalid` for a symlink, a FIFO, a file of another user; `audit-unwritable`; `not-found`
 */
export function checkDatabaseFile(dataDir: string, create: boolean): string {
  const file = databaseFile(dataDir);
  let stat = look(file);
  if (stat === undefined) {
    if (!create) throw noLog(file);
    makeFile(file);
    stat = look(file);
    if (stat === undefined) throw noLog(file);
  }
  checkFile(file, stat);
  for (const side of [`${file}-wal`, `${file}-shm`]) {
    const beside = look(side);
    if (beside !== undefined) checkFile(side, beside);
  }
  return file;
}

/**
 * A look at whether the open database is still the one in its place: rows that go into a file that was moved away or removed would be
 * acknowledged and lost. @throws HostError `audit-unwritable`
 */
export function watchPlace(file: string): () => void {
  const identify = (): string | undefined => {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stat && `${stat.dev} ${stat.ino}`;
  };
  const opened = identify();
  return () => {
    if (identify() === opened) return;
    throw new HostError('audit-unwritable', `The audit log ${shown(file)} was moved away while it was in use`, {
      file,
      remedy: 'Put it back, or restart wirken to begin a new log.',
    });
  };
}

function makeFile(file: string): void {
  try {
    closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
    syncDir(join(file, '..'));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw unwritable(file, error);
  }
}

function checkFile(file: string, stat: Stats): void {
  if (!stat.isFile()) throw strange(file, 'is no regular file', 'Move it away.');
  checkOwner(file, stat, 0o600);
}

function checkOwner(path: string, stat: Stats, mode: number): void {
  if (process.platform === 'win32') return;
  if (stat.uid !== process.getuid?.()) {
    throw strange(path, 'belongs to another user', 'Choose a data directory of your own.');
  }
  if ((stat.mode & 0o022) !== 0) {
    throw strange(path, 'may be written by others', `Run: chmod ${mode.toString(8)} ${shown(path)}`);
  }
  if ((stat.mode & 0o077) === 0) return;
  try {
    chmodSync(path, mode);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unwritable(path, error);
  }
}

function noLog(path: string): HostError {
  return new HostError('not-found', `There is no audit log at ${shown(path)}`, {
    file: path,
    remedy: 'Name the data directory of the host with WIRKEN_DATA_DIR; the log begins with the first skill that runs.',
  });
}

function strange(path: string, what: string, remedy: string): HostError {
  return new HostError('audit-invalid', `${shown(path)} ${what}`, { file: path, remedy });
}

/** A system error while the log's files are made, as an error for a person. */
export function unwritable(path: string, error: unknown): HostError {
  const code = systemCode(error) ?? 'unknown';
  return new HostError(
    'audit-unwritable',
    `The audit log cannot be written: ${shown(path)}: ${REASONS[code] ?? code}`,
    {
      file: path,
      system: code,
      remedy: 'Make room, or make the data directory writable.',
    },
  );
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is no directory',
  EEXIST: 'is no directory',
  ELOOP: 'too many symlinks',
  EIO: 'the disk answers with an error',
};
