import { closeSync, fstatSync, openSync, statSync, type Stats } from 'node:fs';
import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';
import { HostError, systemCode } from '../base/error.ts';
import { asIo } from '../skill/durable.ts';
import { BINDING_COLUMNS } from './answer-row.ts';

export type Connection = Sqlite.Database;

const SCHEMA_VERSION = 1;
const SCHEMA = `
CREATE TABLE answers (
  id TEXT PRIMARY KEY,
  effect TEXT NOT NULL CHECK (effect IN ('always', 'never')),
  variant TEXT NOT NULL,
  pattern TEXT NOT NULL,
  digest TEXT NOT NULL,
  publisher TEXT NOT NULL,
  agent TEXT NOT NULL,
  channel TEXT NOT NULL,
  person TEXT NOT NULL,
  workspace TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX answers_binding ON answers (${BINDING_COLUMNS.join(', ')});
CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), latest_ms INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (1, 0);
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** How long anything waits for another process. */
const MAX_WAIT_MS = 5000;
const MAX_WAL_ATTEMPTS = 20;

/**
 * The database of remembered answers, made if it is missing. The caller closes it.
 * @throws HostError `policy-invalid` for one that is damaged, from a newer version or that others may write; `io`
 */
export function openAnswers(path: string): Connection {
  asIo(path, () => checkFile(path));
  return asAnswerError(path, () => {
    const SqliteClass = loadSqlite();
    const db = new SqliteClass(path, { timeout: MAX_WAIT_MS });
    try {
      db.exec('PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF');
      makeSchema(db, path);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Loaded when it is needed: most processes look nothing up. */
function loadSqlite(): typeof Sqlite {
  const required: typeof Sqlite = createRequire(import.meta.url)('better-sqlite3');
  return required;
}

function makeSchema(db: Connection, path: string): void {
  if (versionOf(db) !== SCHEMA_VERSION) {
    // Looked at again with the lock: another process may be making it.
    db.exec('BEGIN IMMEDIATE');
    try {
      const version = versionOf(db);
      const isEmpty = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
      if (version === 0 && isEmpty) db.exec(SCHEMA);
      else if (version !== SCHEMA_VERSION) throw damaged(path, 'was made by another program or a newer wirken');
      db.exec('COMMIT');
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
  toWal(db);
}

/** The change of mode fails at once where everything else waits for the lock; the others soon are through with it. */
function toWal(db: Connection): void {
  for (let attempt = 1; ; attempt++) {
    try {
      db.exec('PRAGMA journal_mode=WAL');
      return;
    } catch (error) {
      if (codeOf(error) !== 'SQLITE_BUSY' || attempt === MAX_WAL_ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, attempt * 5);
    }
  }
}

function versionOf(db: Connection): unknown {
  return db.pragma('user_version', { simple: true });
}

/** Makes the file for its owner alone; refuses one that another user could have written. */
function checkFile(path: string): void {
  let stat: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    const fd = openSync(path, 'a', 0o600);
    stat = fstatSync(fd);
    closeSync(fd);
  }
  if (!stat.isFile()) throw damaged(path, 'is no regular file');
  if (process.platform === 'win32') return;
  if (stat.uid !== process.getuid?.()) throw damaged(path, 'belongs to another user');
  if ((stat.mode & 0o022) !== 0) throw damaged(path, 'can be written by others');
}

/** What SQLite throws in `work`, as a HostError. */
export function asAnswerError<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof HostError || code === undefined) throw error;
    if (/^SQLITE_(CORRUPT|NOTADB|ERROR|CONSTRAINT|MISMATCH)/.test(code)) throw damaged(path, `is damaged (${code})`);
    throw new HostError('io', `The remembered answers cannot be used (${code})`, {
      file: path,
      remedy: 'See that the data directory can be written and the disk is not full.',
    });
  }
}

function codeOf(error: unknown): string | undefined {
  const code = systemCode(error);
  return code?.startsWith('SQLITE_') === true ? code : undefined;
}

function damaged(path: string, what: string): HostError {
  return new HostError('policy-invalid', `The file of remembered answers ${what}`, {
    file: path,
    remedy: 'Move it away: what was remembered is asked again.',
  });
}
