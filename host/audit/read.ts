import type { AuditRow } from '../policy/event.ts';
import type { Connection } from './database.ts';
import { openDatabase } from './database.ts';
import { type Opened, Openings } from './openings.ts';
import { rowQuery, type RowFilter } from './row-filter.ts';
import { asAuditError, auditError } from './sqlite-error.ts';

/** A session as the log has it. */
export interface SessionSummary {
  readonly session: string;
  readonly rows: number;
  readonly firstTs: string;
  readonly lastTs: string;
  /** Of its first and its last row. */
  readonly firstId: number;
  readonly lastId: number;
  /** As its first rows name it; `null` if they name none. */
  readonly channel: string | null;
  /** The last sequence number that a head covers, 0 if none does. */
  readonly attestedSeq: number;
  /** Whether its last row but heads is `session.end`. */
  readonly ended: boolean;
}

/**
 * The read end of the log, for views: nothing here verifies hashes or signatures. While an iterator is open nothing else can be asked of the
 * same reader.
 */
export interface AuditReader extends Disposable {
  /** Newest first, by their last rows. */
  sessions(): Iterable<SessionSummary>;
  session(id: string): SessionSummary | undefined;
  /** Without `newestFirst` in the order of the log. Streams. */
  rows(filter?: RowFilter): Iterable<AuditRow>;
  row(id: number): AuditRow | undefined;
  /** The id of the last row, 0 in an empty log. */
  lastId(): number;
  /** The redactable members of a row, by their names. */
  opened(row: AuditRow): ReadonlyMap<string, Opened>;
  readonly openings: Openings;
  /** For what reads the same rows in its own way; never closed by it. */
  readonly db: Connection;
}

/** @throws HostError `not-found` without a log, `audit-invalid`, `audit-unwritable`: see `openDatabase` */
export function openAuditReader(dataDir: string): AuditReader {
  return new Reader(openDatabase(dataDir, { readonly: true }));
}

const ROW = 'SELECT id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash FROM events';
// The channel stands in the first rows or nowhere: looking further would read whole sessions for nothing.
const summaries = (where: string): string => `
  SELECT s.session AS session, s.rows AS rows, f.ts AS firstTs, l.ts AS lastTs, f.id AS firstId, l.id AS lastId,
    (SELECT channel FROM events WHERE session = s.session AND seq <= 16 AND channel IS NOT NULL ORDER BY seq LIMIT 1) AS channel,
    coalesce((SELECT max(seq) FROM events WHERE session = s.session AND action = 'chain.head'), 1) - 1 AS attestedSeq,
    EXISTS (SELECT 1 FROM events WHERE session = s.session AND seq > s.last - 2 AND action = 'session.end') AS ended
  FROM (SELECT session, count(*) AS rows, min(seq) AS first, max(seq) AS last FROM events ${where} GROUP BY session) s
  JOIN events f ON f.session = s.session AND f.seq = s.first
  JOIN events l ON l.session = s.session AND l.seq = s.last`;

interface SummaryRow extends Omit<SessionSummary, 'ended'> {
  readonly ended: number;
}

class Reader implements AuditReader {
  readonly db: Connection;
  readonly openings: Openings;

  constructor(db: Connection) {
    this.db = db;
    this.openings = new Openings(db);
  }

  *sessions(): Iterable<SessionSummary> {
    const all = this.db.prepare<[], SummaryRow>(`${summaries('')} ORDER BY l.id DESC`);
    for (const row of this.#guarded(all.iterate())) yield { ...row, ended: row.ended === 1 };
  }

  session(id: string): SessionSummary | undefined {
    const one = this.db.prepare<[string], SummaryRow>(summaries('WHERE session = ?'));
    const row = this.#asked(() => one.get(id));
    return row && { ...row, ended: row.ended === 1 };
  }

  rows(filter: RowFilter = {}): Iterable<AuditRow> {
    const { where, order, params } = rowQuery(filter);
    return this.#guarded(this.db.prepare<(string | number)[], AuditRow>(`${ROW} ${where} ${order}`).iterate(...params));
  }

  row(id: number): AuditRow | undefined {
    return this.#asked(() => this.db.prepare<[number], AuditRow>(`${ROW} WHERE id = ?`).get(id));
  }

  lastId(): number {
    const last = this.db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM events').pluck();
    return this.#asked(() => last.get()) ?? 0;
  }

  opened(row: AuditRow): ReadonlyMap<string, Opened> {
    return this.#asked(() => this.openings.of(row.id, row.payload));
  }

  [Symbol.dispose](): void {
    this.db.close();
  }

  #asked<T>(ask: () => T): T {
    return asAuditError(this.db.name, ask, 'reading');
  }

  /** A database that turns out to be damaged on the way is the user's news, not a bug. */
  *#guarded<T>(rows: Iterable<T>): Iterable<T> {
    try {
      yield* rows;
    } catch (error) {
      throw auditError(this.db.name, error, 'reading');
    }
  }
}
