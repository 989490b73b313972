import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';

/** Sessions of one of the two generations that stay in memory. */
const MAX_YOUNG_SESSIONS = 8192;
const CACHE_KIB = 8 * 1024;

/** Where verification stands in one session. */
export interface SessionState {
  readonly session: string;
  /** The highest sequence number so far; 0 before the first row. */
  lastSeq: number;
  /** `hash` of the last row, as it stands there. */
  lastHash: string;
  /** `last_seq` that the last head should have had; 0 before the first head. */
  headLast: number;
  /** `hash` of that row. */
  headHash: string;
  /** Rows that nothing attests yet, and the first of them. */
  tailRows: number;
  tailId: number;
  tailSeq: number;
}

/** What a row committed to and is gone. */
export interface Missing {
  readonly id: number;
  readonly pointer: string;
  readonly session: string;
  readonly seq: number;
}

export interface UnattestedRows {
  readonly session: string;
  readonly rows: number;
  /** The first of them. */
  readonly id: number;
  readonly seq: number;
}

type SessionColumns = readonly [string, number, string, number, string, number, number, number];

/**
 * What verification must remember from row to row, however many sessions a log has: the ones that were used last in memory, the others
 * in a temporary database of the system's own, gone with the process.
 */
export class Ledger implements Disposable {
  #young = new Map<string, SessionState>();
  #old = new Map<string, SessionState>();
  #spilled: Spilled | undefined;
  #sessions = 0;

  /** How many sessions were asked for. */
  get sessions(): number {
    return this.#sessions;
  }

  /** The caller changes what it gets; it is good until the next call. */
  stateOf(session: string): SessionState {
    return this.#young.get(session) ?? this.#recall(session);
  }

  addMissing(missing: Missing): void {
    this.#store().addMissing.run(missing.id, missing.pointer, missing.session, missing.seq);
  }

  /** Takes back what is missing at `pointer` of the rows from one id to another; answers how much that was. */
  forgive(pointer: string, from: number, to: number): number {
    return this.#spilled?.forgive.run(pointer, from, to).changes ?? 0;
  }

  get missing(): number {
    return this.#spilled?.countMissing.get() ?? 0;
  }

  /** In the order of the rows. */
  firstMissing(limit: number): readonly Missing[] {
    return this.#spilled?.firstMissing.all(limit) ?? [];
  }

  /** Sessions that end in rows that nothing attests and whose id is above `size`; the first `limit` of them, and how many rows all have. */
  unattested(size: number, limit: number): { readonly rows: number; readonly sessions: readonly UnattestedRows[] } {
    const store = this.#store();
    for (const state of [...this.#old.values(), ...this.#young.values()]) store.put(state);
    return { rows: store.countTail.get(size) ?? 0, sessions: store.firstTail.all(size, limit) };
  }

  [Symbol.dispose](): void {
    this.#spilled?.close();
  }

  #recall(session: string): SessionState {
    let state = this.#old.get(session) ?? this.#spilled?.get(session);
    if (state === undefined) {
      this.#sessions++;
      state = { session, lastSeq: 0, lastHash: '', headLast: 0, headHash: '', tailRows: 0, tailId: 0, tailSeq: 0 };
    }
    if (this.#young.size === MAX_YOUNG_SESSIONS) {
      for (const old of this.#old.values()) if (!this.#young.has(old.session)) this.#store().put(old);
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(session, state);
    return state;
  }

  #store(): Spilled {
    this.#spilled ??= new Spilled();
    return this.#spilled;
  }
}

class Spilled {
  readonly #db: Sqlite.Database;
  readonly #put;
  readonly #get;
  readonly addMissing;
  readonly forgive;
  readonly countMissing;
  readonly firstMissing;
  readonly countTail;
  readonly firstTail;

  constructor() {
    const load: typeof Sqlite = createRequire(import.meta.url)('better-sqlite3');
    // The empty name: a file that SQLite makes once its cache is full, and that has no name from the beginning.
    const db = new load('');
    this.#db = db;
    db.exec(`PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-${CACHE_KIB};
      CREATE TABLE sessions (session TEXT PRIMARY KEY, last_seq, last_hash, head_last, head_hash, tail_rows, tail_id, tail_seq) WITHOUT ROWID;
      CREATE TABLE missing (id INTEGER, pointer TEXT, session TEXT, seq INTEGER, PRIMARY KEY (pointer, id)) WITHOUT ROWID;
      BEGIN`);
    this.#put = db.prepare('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#get = db.prepare<[string], SessionColumns>('SELECT * FROM sessions WHERE session = ?').raw();
    this.addMissing = db.prepare('INSERT OR IGNORE INTO missing VALUES (?, ?, ?, ?)');
    this.forgive = db.prepare('DELETE FROM missing WHERE pointer = ? AND id BETWEEN ? AND ?');
    this.countMissing = db.prepare<[], number>('SELECT count(*) FROM missing').pluck();
    this.firstMissing = db.prepare<[number], Missing>('SELECT * FROM missing ORDER BY id, pointer LIMIT ?');
    this.countTail = db
      .prepare<[number], number>('SELECT total(tail_rows) FROM sessions WHERE tail_rows > 0 AND tail_id > ?')
      .pluck();
    this.firstTail = db.prepare<[number, number], UnattestedRows>(
      `SELECT session, tail_rows AS rows, tail_id AS id, tail_seq AS seq FROM sessions
       WHERE tail_rows > 0 AND tail_id > ? ORDER BY tail_id LIMIT ?`,
    );
  }

  put(state: SessionState): void {
    const { session, lastSeq, lastHash, headLast, headHash, tailRows, tailId, tailSeq } = state;
    this.#put.run(session, lastSeq, lastHash, headLast, headHash, tailRows, tailId, tailSeq);
  }

  get(name: string): SessionState | undefined {
    const found = this.#get.get(name);
    if (found === undefined) return undefined;
    const [session, lastSeq, lastHash, headLast, headHash, tailRows, tailId, tailSeq] = found;
    return { session, lastSeq, lastHash, headLast, headHash, tailRows, tailId, tailSeq };
  }

  close(): void {
    this.#db.close();
  }
}
