import type { Appended } from '../policy/event.ts';
import type { Connection } from './database.ts';
import type { PreparedRow } from './draft.ts';
import { packBlob } from './blobs.ts';
import { rowHash } from './chain.ts';

/** Sessions whose last row is remembered. */
const MAX_TAILS = 4096;

/** Where a session stands. */
export interface Tail {
  /** 0 before the first row. */
  readonly seq: number;
  /** Of the last row; empty before the first. */
  readonly hash: string;
  /** The last head row, 0 if there is none. */
  readonly headSeq: number;
  /** `prev_hash` of that row. */
  readonly headPrevHash: string;
}

/**
 * Puts rows at the end of the log. Everything happens inside a transaction that the caller has begun; `begun` comes first in it,
 * `undone` after one that failed.
 */
export class RowWriter {
  readonly #lastId;
  readonly #lastRow;
  readonly #lastHead;
  readonly #insertEvent;
  readonly #insertOpening;
  readonly #findBlob;
  readonly #insertBlob;
  /** In the order of use, oldest first. */
  readonly #tails = new Map<string, Tail>();
  #id = -1;

  constructor(db: Connection) {
    this.#lastId = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM events').pluck();
    this.#lastRow = db
      .prepare<[string], [number, string]>('SELECT seq, hash FROM events WHERE session = ? ORDER BY seq DESC LIMIT 1')
      .raw();
    this.#lastHead = db
      .prepare<[string], [number, string]>(
        `SELECT seq, prev_hash FROM events WHERE session = ? AND action = 'chain.head' ORDER BY seq DESC LIMIT 1`,
      )
      .raw();
    this.#insertEvent = db.prepare(
      `INSERT INTO events (id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertOpening = db.prepare(
      'INSERT INTO openings (event_id, pointer, salt, value, blob) VALUES (?, ?, ?, ?, ?)',
    );
    this.#findBlob = db.prepare<[string], number>('SELECT 1 FROM blobs WHERE sha256 = ?').pluck();
    this.#insertBlob = db.prepare('INSERT INTO blobs (sha256, bytes, encoding, data) VALUES (?, ?, ?, ?)');
  }

  /** Looks whether another process has written since: then nothing that is remembered holds. */
  begun(): void {
    const id = this.#lastId.get() ?? 0;
    if (id !== this.#id) this.#tails.clear();
    this.#id = id;
  }

  undone(): void {
    this.#tails.clear();
    this.#id = -1;
  }

  /** The id of the last row, 0 in an empty log. */
  get lastId(): number {
    return this.#id;
  }

  tailOf(session: string): Tail {
    const known = this.#tails.get(session);
    if (known !== undefined) return known;
    const [seq, hash] = this.#lastRow.get(session) ?? [0, ''];
    const [headSeq, headPrevHash] = seq === 0 ? [0, ''] : (this.#lastHead.get(session) ?? [0, '']);
    return { seq, hash, headSeq, headPrevHash };
  }

  insert(row: PreparedRow): Appended {
    const { session, ts, actor, action, channel, payload, payloadHash, openings } = row;
    const tail = this.tailOf(session);
    const id = this.#id + 1;
    const seq = tail.seq + 1;
    const prev = tail.hash;
    const hash = rowHash(prev, payloadHash);
    this.#insertEvent.run(id, session, seq, ts, actor, action, channel ?? null, payload, prev, payloadHash, hash);
    for (const { pointer, salt, value, blob } of openings) {
      this.#insertOpening.run(id, pointer, salt, value, blob ?? null);
    }
    for (const [sha256, bytes] of row.blobs) this.#insertBlobOnce(sha256, bytes);
    this.#id = id;
    const head = action === 'chain.head' ? { headSeq: seq, headPrevHash: prev } : tail;
    this.#remember(session, { seq, hash, headSeq: head.headSeq, headPrevHash: head.headPrevHash });
    return { id, seq, hash };
  }

  #insertBlobOnce(sha256: string, bytes: Uint8Array): void {
    if (this.#findBlob.get(sha256) !== undefined) return;
    const { encoding, data } = packBlob(bytes);
    this.#insertBlob.run(sha256, bytes.length, encoding, data);
  }

  #remember(session: string, tail: Tail): void {
    this.#tails.delete(session);
    this.#tails.set(session, tail);
    if (this.#tails.size <= MAX_TAILS) return;
    for (const oldest of this.#tails.keys()) {
      this.#tails.delete(oldest);
      return;
    }
  }
}
