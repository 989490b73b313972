import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { checkAuditDir, checkDatabaseFile, ensureAuditDir } from './place.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';
import { readUnchanging } from './snapshot.ts';
import { asAuditError, isBusy, sqliteCode } from './sqlite-error.ts';

/** A connection of better-sqlite3's. */
export type Connection = Sqlite.Database;

/** How long opening waits for another process. */
const MAX_OPEN_WAIT_MS = 5000;
const MAX_OPEN_ATTEMPTS = 20;

// synchronous=FULL: a row is acknowledged only when the disk has it. trusted_schema=OFF: a log from elsewhere cannot call functions.
// recursive_triggers=ON: a REPLACE meets the triggers of the row that it would remove. A checkpoint of the WAL every 16 MiB writes the
// pages of a busy index once instead of four times.
const WRITER = `PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;
PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=33554432;`;
const READER = `PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA query_only=ON;`;

/** @param readonly never makes or changes anything. */
export interface OpenHow {
  readonly readonly: boolean;
}

/**
 * A connection to the log of a data directory; a writer makes it if it is missing. The caller closes it.
 * @throws HostError `audit-unwritable` (no room, no permission, locked for too long), `audit-invalid` (damaged, another program's, or a
 * newer version's file; a file or directory that others could have exchanged), `not-found` for a reader without a log.
 */
export function openDatabase(dataDir: string, { readonly }: OpenHow): Connection {
  if (readonly) checkAuditDir(dataDir);
  else ensureAuditDir(dataDir);
  const file = checkDatabaseFile(dataDir, !readonly);
  return readonly ? asAuditError(file, () => openReader(file), 'reading') : asAuditError(file, () => openWriter(file));
}

function openWriter(file: string): Connection {
  const db = connect(file, { timeout: MAX_OPEN_WAIT_MS, fileMustExist: true });
  return orClose(db, () => {
    db.exec(WRITER);
    if (isOursNow(db, file)) return db;
    makeSchema(db, file);
    return db;
  });
}

function openReader(file: string): Connection {
  const db = readable(file);
  return orClose(db, () => {
    db.exec(READER);
    if (isOursNow(db, file)) return db;
    throw new HostError('not-found', `There is no audit log in ${shown(file)} yet`, { file });
  });
}

function readable(file: string): Connection {
  const db = connect(file, { readonly: true, timeout: MAX_OPEN_WAIT_MS, fileMustExist: true });
  try {
    db.exec('SELECT 1 FROM sqlite_schema');
    return db;
  } catch (error) {
    db.close();
    const whole = /^SQLITE_(?:CANTOPEN|READONLY)/.test(sqliteCode(error) ?? '') ? readUnchanging(file) : undefined;
    if (whole === undefined) throw error;
    return connect(whole, { readonly: true });
  }
}

/** The same, all of it seen at one moment: another process may be making the log just now. */
function isOursNow(db: Connection, file: string): boolean {
  db.exec('BEGIN');
  try {
    return isOurs(db, file);
  } finally {
    db.exec('COMMIT');
  }
}

/** Whether the schema is there. @throws HostError `audit-invalid` for a file of another program or version */
function isOurs(db: Connection, file: string): boolean {
  const application = db.prepare('PRAGMA application_id').pluck().get();
  const version = db.prepare('PRAGMA user_version').pluck().get();
  if (application === APPLICATION_ID && version === SCHEMA_VERSION) return true;
  if (application === APPLICATION_ID && typeof version === 'number' && version > SCHEMA_VERSION) {
    throw new HostError(
      'audit-invalid',
      `${shown(file)} was written by a newer wirken (version ${version} of the log)`,
      {
        file,
        remedy: 'Use that version of wirken, or another data directory.',
      },
    );
  }
  const isEmpty = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  if (application === 0 && version === 0 && isEmpty) return false;
  throw new HostError('audit-invalid', `${shown(file)} is a database, but not an audit log`, {
    file,
    remedy: 'Move it away, or name another data directory.',
  });
}

function makeSchema(db: Connection, file: string): void {
  toWal(db);
  db.exec('BEGIN IMMEDIATE');
  try {
    if (!isOurs(db, file)) {
      db.exec(SCHEMA);
      db.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${SCHEMA_VERSION}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The change of mode takes an exclusive lock without waiting for one: whoever else is making the log gets the time to finish. */
function toWal(db: Connection): void {
  for (let attempt = 1; ; attempt++) {
    try {
      db.exec('PRAGMA journal_mode=WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === MAX_OPEN_ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, attempt * 5);
    }
  }
}

function orClose<T>(db: Connection, work: () => T): T {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}

let constructor: typeof Sqlite | undefined;

/** The native part is loaded by the first connection, not by an import. */
function connect(file: string | Buffer, options: Sqlite.Options): Connection {
  constructor ??= load();
  return new constructor(file, options);
}

function load(): typeof Sqlite {
  const loaded: typeof Sqlite = createRequire(import.meta.url)('better-sqlite3');
  return loaded;
}
