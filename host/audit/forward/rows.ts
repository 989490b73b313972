import type { AuditRow } from '../../policy/event.ts';
import { HostError } from '../../base/error.ts';
import { openDatabase } from '../database.ts';
import { databaseFile } from '../place.ts';
import { asAuditError } from '../sqlite-error.ts';

/** Rows looked at in one go: the event loop of a host is not ours alone. */
const MAX_SCAN_ROWS = 5000;
const BUSY_WAIT_MS = 250;

export interface Page {
  /** In order of id, without gaps except for rows that were not wanted. */
  readonly rows: readonly AuditRow[];
  /** The last row that was looked at; absent if there was none. */
  readonly through?: { readonly id: number; readonly hash: string };
}

export interface PageLimits {
  readonly maxRows: number;
  /** Of the payloads together; one row may be over it. */
  readonly maxBytes: number;
  readonly wanted: (action: string) => boolean;
}

/** The read end of the log, as a forwarder sees it. */
export interface RowSource extends Disposable {
  /** The rows after `id`. @throws HostError `audit-invalid`, `io` */
  after(id: number, limits: PageLimits): Page;
  hashOf(id: number): string | undefined;
  last(): { readonly id: number; readonly hash: string } | undefined;
  /** `ts` of the first row after `id`. */
  firstTimeAfter(id: number): string | undefined;
}

/** The log of a data directory, or `undefined` as long as there is none. @throws HostError `audit-invalid`, `io` */
export function openRows(dataDir: string): RowSource | undefined {
  try {
    return new DatabaseRows(dataDir);
  } catch (error) {
    if (error instanceof HostError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** A connection that only reads: in WAL mode it never holds up a writer, and each query is over before it returns. */
class DatabaseRows implements RowSource {
  readonly #file: string;
  readonly #db;
  readonly #after;
  readonly #hashOf;
  readonly #last;
  readonly #timeAfter;

  constructor(dataDir: string) {
    this.#file = databaseFile(dataDir);
    this.#db = openDatabase(dataDir, { readonly: true });
    this.#db.exec(`PRAGMA busy_timeout=${BUSY_WAIT_MS}`);
    this.#after = this.#db.prepare<[number, number], AuditRow>(
      `SELECT id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash
       FROM events WHERE id > ? ORDER BY id LIMIT ?`,
    );
    this.#hashOf = this.#db.prepare<[number], string>('SELECT hash FROM events WHERE id = ?').pluck();
    this.#last = this.#db.prepare<[], { id: number; hash: string }>(
      'SELECT id, hash FROM events ORDER BY id DESC LIMIT 1',
    );
    this.#timeAfter = this.#db
      .prepare<[number], string>('SELECT ts FROM events WHERE id > ? ORDER BY id LIMIT 1')
      .pluck();
  }

  after(id: number, { maxRows, maxBytes, wanted }: PageLimits): Page {
    return this.#read(() => {
      const rows: AuditRow[] = [];
      let through: { id: number; hash: string } | undefined;
      let bytes = 0;
      for (const row of this.#after.iterate(id, MAX_SCAN_ROWS)) {
        if (wanted(row.action)) {
          bytes += row.payload.length;
          if (rows.length === maxRows || (rows.length > 0 && bytes > maxBytes)) break;
          rows.push(row);
        }
        through = { id: row.id, hash: row.hash };
      }
      return { rows, ...(through === undefined ? {} : { through }) };
    });
  }

  hashOf(id: number): string | undefined {
    return this.#read(() => this.#hashOf.get(id));
  }

  last(): { readonly id: number; readonly hash: string } | undefined {
    return this.#read(() => this.#last.get());
  }

  firstTimeAfter(id: number): string | undefined {
    return this.#read(() => this.#timeAfter.get(id));
  }

  #read<T>(work: () => T): T {
    return asAuditError(this.#file, work, 'reading');
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
