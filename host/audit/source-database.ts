import { HostError } from '../base/error.ts';
import { MAX_OPENING_BYTES } from './blobs.ts';
import { SALT_BYTES } from './commitment.ts';
import { type Connection, openDatabase } from './database.ts';
import {
  ROW_COLUMNS,
  type RowSource,
  type RowStore,
  type SourceItem,
  type UntrustedOpening,
  type UntrustedRow,
} from './source.ts';
import { bounded, Cursors, DatabaseStore, MAX_COLUMN_BYTES, MAX_PAYLOAD_BYTES } from './source-store.ts';
import { asAuditError } from './sqlite-error.ts';

const NONE: readonly UntrustedOpening[] = [];

const ROW = ROW_COLUMNS.map((column) => `${guarded(column)} AS ${column}`).join(', ');
const SALT = `CASE WHEN typeof(salt) = 'blob' AND octet_length(salt) = ${SALT_BYTES} THEN hex(salt) END`;
const OPENING = `event_id AS id, ${bounded('pointer', MAX_PAYLOAD_BYTES)} AS pointer, ${SALT} AS salt, ${bounded('value', MAX_OPENING_BYTES)} AS value`;
/** Rows that are read at once, and held: at most 3 MiB each. */
const ROWS_PER_CHUNK = 64;

interface OpeningColumns extends UntrustedOpening {
  readonly id: unknown;
}

/**
 * The log of a data directory, read-only and in one snapshot: what is appended meanwhile is not part of it.
 * @throws HostError `not-found`, `audit-invalid`
 */
export function openDatabaseSource(dataDir: string): RowSource {
  const db = openDatabase(dataDir, { readonly: true });
  try {
    return asAuditError(
      db.name,
      () => {
        db.exec('BEGIN');
        assertPlainTables(db);
        return new DatabaseSource(db);
      },
      'reading',
    );
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A file from elsewhere could have views or computed columns in the place of tables, and run on for ever. */
function assertPlainTables(db: Connection): void {
  const kind = db.prepare<[string], string>('SELECT type FROM sqlite_schema WHERE name = ?').pluck();
  const plain = db
    .prepare<[string], string>('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid')
    .pluck();
  const key = db.prepare<[string], string>('SELECT group_concat(name) FROM pragma_table_xinfo(?) WHERE pk > 0').pluck();
  const count = db.prepare<[string], number>('SELECT count(*) FROM pragma_table_xinfo(?)').pluck();
  for (const name of ['events', 'openings', 'blobs', 'checkpoints', 'tiles']) {
    const columns = plain.all(name);
    // What is read chunk by chunk must have a key that is unique.
    const isWhole = name !== 'events' || (columns.join() === ROW_COLUMNS.join() && key.get(name) === 'id');
    if (kind.get(name) === 'table' && count.get(name) === columns.length && isWhole) continue;
    throw notOurs(db, name);
  }
}

function notOurs(db: Connection, table: string): HostError {
  return new HostError('audit-invalid', `The audit log has no table ${table} of the form that it was made with`, {
    file: db.name,
    remedy: 'Restore it from a backup or from an export.',
  });
}

class DatabaseSource implements RowSource {
  readonly #db: Connection;
  readonly #cursors: Cursors;
  readonly store: RowStore;

  constructor(db: Connection) {
    this.#db = db;
    this.#cursors = new Cursors(db.name);
    this.store = new DatabaseStore(db, this.#cursors);
  }

  count(session?: string): number | undefined {
    const where = session === undefined ? '' : 'WHERE session = ?';
    const count = this.#db.prepare<string[], number>(`SELECT count(*) FROM events ${where}`).pluck();
    return this.#reading(() => count.get(...(session === undefined ? [] : [session])));
  }

  rows(session?: string): Iterable<readonly SourceItem[]> {
    return session === undefined ? this.#all() : this.#ofSession(session);
  }

  /** Whole chunks of rows and of their openings, side by side: both tables are read in the order of the ids. */
  *#all(): Iterable<readonly SourceItem[]> {
    const rows = this.#db.prepare<[number], UntrustedRow>(
      `SELECT ${ROW} FROM events WHERE id > ? ORDER BY events.id LIMIT ${ROWS_PER_CHUNK}`,
    );
    const openings = this.#db.prepare<[number, number], OpeningColumns>(
      `SELECT ${OPENING} FROM openings WHERE event_id > ? AND event_id <= ? ORDER BY event_id, openings.pointer`,
    );
    let last = Number.MIN_SAFE_INTEGER;
    for (;;) {
      const chunk = this.#reading(() => rows.all(last));
      const end = chunk.length === 0 ? Number.MAX_SAFE_INTEGER : chunk.at(-1)?.id;
      if (typeof end !== 'number') throw notOurs(this.#db, 'events');
      yield joined(
        chunk,
        this.#reading(() => openings.all(last, end)),
      );
      if (chunk.length === 0) return;
      last = end;
    }
  }

  *#ofSession(session: string): Iterable<readonly SourceItem[]> {
    const rows = this.#db.prepare<string[], UntrustedRow>(
      `SELECT ${ROW} FROM events WHERE session = ? ORDER BY events.seq`,
    );
    const openings = this.#db.prepare<[unknown], OpeningColumns>(
      `SELECT ${OPENING} FROM openings WHERE event_id = ? ORDER BY openings.pointer`,
    );
    for (const row of this.#cursors.open(rows, [session])) {
      yield [{ kind: 'row', row, openings: this.#reading(() => openings.all(row.id)) }];
    }
  }

  #reading<T>(ask: () => T): T {
    return asAuditError(this.#db.name, ask, 'reading');
  }

  [Symbol.dispose](): void {
    this.#cursors[Symbol.dispose]();
    this.#db.close();
  }
}

/** Rows with their openings; both in the order of the ids. */
function joined(rows: readonly UntrustedRow[], openings: readonly OpeningColumns[]): readonly SourceItem[] {
  const items: SourceItem[] = [];
  let at = 0;
  for (const row of rows) {
    let own: OpeningColumns[] | undefined;
    for (let next = openings[at]; next !== undefined && isUpTo(next.id, row.id); next = openings[++at]) {
      if (next.id === row.id) (own ??= []).push(next);
      else items.push({ kind: 'stray-opening', id: next.id, pointer: next.pointer });
    }
    items.push({ kind: 'row', row, openings: own ?? NONE });
  }
  for (const { id, pointer } of openings.slice(at)) items.push({ kind: 'stray-opening', id, pointer });
  return items;
}

function guarded(column: (typeof ROW_COLUMNS)[number]): string {
  if (column === 'id' || column === 'seq') return `CASE WHEN typeof(${column}) = 'integer' THEN ${column} END`;
  return bounded(column, column === 'payload' ? MAX_PAYLOAD_BYTES : MAX_COLUMN_BYTES);
}

function isUpTo(id: unknown, row: unknown): boolean {
  return typeof id !== 'number' || typeof row !== 'number' || id <= row;
}
