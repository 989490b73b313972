import type { Statement } from 'better-sqlite3';
import { decodeUtf8 } from '../base/bytes.ts';
import { MAX_NOTE_CHARS } from './checkpoint.ts';
import type { Connection } from './database.ts';
import type { RowStore, UntrustedBlob, UntrustedCheckpoint, UntrustedRedaction } from './source.ts';
import { asAuditError } from './sqlite-error.ts';

/** Larger columns are read as NULL: no writer of this log makes them, and a reader must not be made to hold them. */
export const MAX_COLUMN_BYTES = 1024;
/** A payload has at most 1 Mi UTF-16 units, each at most 3 bytes. */
export const MAX_PAYLOAD_BYTES = 3 * 1024 * 1024;
const MAX_BLOB_DATA_BYTES = 64 * 1024 * 1024;

/** What a database keeps beside its rows. */
export class DatabaseStore implements RowStore {
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
export class Cursors implements Disposable {
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

/** The column, or NULL if it is larger. */
export function bounded(column: string, maxBytes: number): string {
  return `CASE WHEN octet_length(${column}) <= ${maxBytes} THEN ${column} END`;
}
