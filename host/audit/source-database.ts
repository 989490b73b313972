import { decodeUtf8 } from '../base/bytes.ts';
import type { Statement } from 'better-sqlite3';
import { HostError } from '../base/error.ts';
import { type Connection, openDatabase } from './database.ts';
import type {
  RowSource,
  RowStore,
  SourceItem,
  UntrustedBlob,
  UntrustedCheckpoint,
  UntrustedRedaction,
  UntrustedRow,
} from './source.ts';
import { MAX_NOTE_CHARS } from './checkpoint.ts';
import { asAuditError } from './sqlite-error.ts';

/** Larger columns are read as NULL: no writer of this log makes them, and a reader must not be made to hold them. */
const MAX_COLUMN_BYTES = 1024;
/** A payload has at most 1 Mi UTF-16 units, each at most 3 bytes. */
const MAX_PAYLOAD_BYTES = 3 * 1024 * 1024;
const MAX_VALUE_BYTES = 64 * 1024;
const MAX_BLOB_DATA_BYTES = 64 * 1024 * 1024;

const COLUMNS = [
  'id',
  'session',
  'seq',
  'ts',
  'actor',
  'action',
  'channel',
  'payload',
  'prev_hash',
  'payload_hash',
  'hash',
] as const satisfies readonly (keyof UntrustedRow)[];
const ROW = COLUMNS.map(
  (column) => `${bounded(column, column === 'payload' ? MAX_PAYLOAD_BYTES : MAX_COLUMN_BYTES)} AS ${column}`,
);
const OPENING = `event_id, ${bounded('pointer', MAX_PAYLOAD_BYTES)}, ${bounded('salt', MAX_COLUMN_BYTES)}, ${bounded('value', MAX_VALUE_BYTES)}`;

type OpeningColumns = readonly [id: unknown, pointer: unknown, salt: unknown, value: unknown];

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
  const odd = db.prepare<[string], number>('SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden <> 0').pluck();
  for (const name of ['events', 'openings', 'blobs', 'checkpoints', 'tiles']) {
    if (kind.get(name) === 'table' && odd.get(name) === 0) continue;
    throw new HostError('audit-invalid', `The audit log has no table ${name} of the form that it was made with`, {
      file: db.name,
      remedy: 'Restore it from a backup or from an export.',
    });
  }
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
    return asAuditError(this.#db.name, () => count.get(...(session === undefined ? [] : [session])), 'reading');
  }

  *rows(session?: string): Iterable<SourceItem> {
    const bind = session === undefined ? [] : [session];
    const [of, inSession] =
      session === undefined
        ? ['ORDER BY id', '']
        : ['WHERE session = ? ORDER BY seq', 'WHERE event_id IN (SELECT id FROM events WHERE session = ?)'];
    const openings = this.#cursors.open(
      this.#db
        .prepare<string[], OpeningColumns>(`SELECT ${OPENING} FROM openings ${inSession} ORDER BY event_id, pointer`)
        .raw(),
      bind,
    );
    const rows = this.#cursors.open(
      this.#db.prepare<string[], UntrustedRow>(`SELECT ${ROW.join(', ')} FROM events ${of}`),
      bind,
    );
    let next = openings.next();
    for (const row of rows) {
      const own = [];
      for (; next.done !== true && isUpTo(next.value[0], row.id); next = openings.next()) {
        const [id, pointer, salt, value] = next.value;
        if (id === row.id) own.push({ pointer, salt, value });
        else yield { kind: 'stray-opening', id, pointer };
      }
      yield { kind: 'row', row, openings: own };
    }
    for (; next.done !== true; next = openings.next()) {
      yield { kind: 'stray-opening', id: next.value[0], pointer: next.value[1] };
    }
  }

  [Symbol.dispose](): void {
    this.#cursors[Symbol.dispose]();
    this.#db.close();
  }
}

class DatabaseStore implements RowStore {
  readonly #db: Connection;
  readonly #cursors: Cursors;
  readonly #tile;
  readonly #payload;
  readonly #blob;

  constructor(db: Connection, cursors: Cursors) {
    this.#db = db;
    this.#cursors = cursors;
    const hashes = bounded('hashes', MAX_COLUMN_BYTES);
    this.#tile = db.prepare<[number, number]>(`SELECT ${hashes} FROM tiles WHERE level = ? AND tile = ?`).pluck();
    this.#payload = db.prepare<[number]>('SELECT CAST(payload AS BLOB) FROM events WHERE id = ?').pluck();
    this.#blob = db.prepare<[string], number>('SELECT 1 FROM blobs WHERE sha256 = ?').pluck();
  }

  checkpoints(): Iterable<UntrustedCheckpoint> {
    const note = bounded('note', 3 * MAX_NOTE_CHARS);
    return this.#cursors.open(
      this.#db.prepare<string[], UntrustedCheckpoint>(`SELECT size, ${note} AS note FROM checkpoints ORDER BY size`),
    );
  }

  tile(level: number, tile: number): unknown {
    return this.#reading(() => this.#tile.get(level, tile));
  }

  tileCount(): number {
    return this.#reading(() => this.#db.prepare<[], number>('SELECT count(*) FROM tiles').pluck().get() ?? 0);
  }

  isUtf8(id: number): boolean {
    const bytes = this.#reading(() => this.#payload.get(id));
    return bytes instanceof Uint8Array && decodeUtf8(bytes) !== undefined;
  }

  hasBlob(sha256: string): boolean {
    return this.#reading(() => this.#blob.get(sha256) !== undefined);
  }

  redactions(): Iterable<UntrustedRedaction> {
    const payload = bounded('payload', MAX_PAYLOAD_BYTES);
    return this.#cursors.open(
      this.#db.prepare<string[], UntrustedRedaction>(
        `SELECT id, ${payload} AS payload FROM events WHERE action = 'audit.redacted' ORDER BY id`,
      ),
    );
  }

  blobs(): Iterable<UntrustedBlob> {
    const name = bounded('sha256', MAX_COLUMN_BYTES);
    const encoding = bounded('encoding', MAX_COLUMN_BYTES);
    const data = bounded('data', MAX_BLOB_DATA_BYTES);
    return this.#cursors.open(
      this.#db.prepare<string[], UntrustedBlob>(
        `SELECT ${name} AS sha256, bytes, ${encoding} AS encoding, ${data} AS data FROM blobs`,
      ),
    );
  }

  #reading<T>(ask: () => T): T {
    return asAuditError(this.#db.name, ask, 'reading');
  }
}

/** A connection does not close while a cursor of it is open, and whoever reads may stop anywhere. */
class Cursors implements Disposable {
  readonly #file: string;
  readonly #open = new Set<Iterator<unknown>>();

  constructor(file: string) {
    this.#file = file;
  }

  /** The rows of a query; SQLite's errors come out as HostErrors. */
  open<Row>(statement: Statement<string[], Row>, bind: readonly string[] = []): IterableIterator<Row> {
    const cursor = this.#reading(() => statement.iterate(...bind));
    this.#open.add(cursor);
    const iterator: IterableIterator<Row> = {
      next: () => {
        const next = this.#reading(() => cursor.next());
        if (next.done === true) this.#open.delete(cursor);
        return next;
      },
      return: () => {
        this.#open.delete(cursor);
        return cursor.return?.() ?? { done: true, value: undefined };
      },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  }

  [Symbol.dispose](): void {
    for (const cursor of this.#open) cursor.return?.();
    this.#open.clear();
  }

  #reading<T>(ask: () => T): T {
    return asAuditError(this.#file, ask, 'reading');
  }
}

function bounded(column: string, maxBytes: number): string {
  return `CASE WHEN octet_length(${column}) <= ${maxBytes} THEN ${column} END`;
}

function isUpTo(id: unknown, row: unknown): boolean {
  return typeof id !== 'number' || typeof row !== 'number' || id <= row;
}
