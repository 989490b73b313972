import type { Appended } from '../policy/event.ts';
import type { Connection } from './database.ts';
import type { AuditKey } from './key.ts';
import type { PreparedRow } from './draft.ts';
import { encodeHex } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { payloadHash, payloadText } from './chain.ts';
import { signCheckpoint } from './checkpoint.ts';
import { headMessage } from './head.ts';
import type { RowWriter, Tail } from './row-writer.ts';
import { rootAt } from './tiles.ts';

/** A head row, and the checkpoint that was kept with it. */
export interface Attested {
  readonly head: Appended;
  readonly checkpoint: string;
}

/** Signs what the log says: heads of sessions, checkpoints of the whole. Works inside a transaction of the caller's. */
export class Attester {
  readonly #db: Connection;
  readonly #rows: RowWriter;
  readonly #openKey: () => AuditKey;
  #key: AuditKey | undefined;
  readonly #findNote;
  readonly #insertNote;

  /** @param openKey is called once, at the first signature. */
  constructor(db: Connection, rows: RowWriter, openKey: () => AuditKey) {
    this.#db = db;
    this.#rows = rows;
    this.#openKey = openKey;
    this.#findNote = db.prepare<[number], string>('SELECT note FROM checkpoints WHERE size = ?').pluck();
    this.#insertNote = db.prepare('INSERT INTO checkpoints (size, note, ts) VALUES (?, ?, ?)');
  }

  /** Whether the session has rows that no head covers; a last head row itself does not count. */
  isOpen(session: string): boolean {
    const { seq, headSeq } = this.#rows.tailOf(session);
    return seq > headSeq;
  }

  /**
   * Appends a head row over what no head covers yet, and keeps a checkpoint of all rows before it. `undefined` if there is nothing to cover.
   * @throws HostError `audit-key`, `audit-invalid`, before the row is written
   */
  head(session: string, ts: string): Attested | undefined {
    if (!this.isOpen(session)) return undefined;
    const key = this.#usableKey();
    const checkpoint = this.checkpoint(ts);
    const head = this.#rows.insert(headRow(session, this.#rows.tailOf(session), ts, key));
    return { head, checkpoint };
  }

  /** The transaction was rolled back. */
  undone(): void {
    this.#key = undefined;
  }

  /**
   * The signed checkpoint of all rows; kept.
   * @throws HostError `audit-key`; `audit-invalid` if another one of the same size was signed before
   */
  checkpoint(ts: string): string {
    const key = this.#usableKey();
    const size = this.#rows.lastId;
    const note = signCheckpoint({ size, root: rootAt(this.#db, size) }, key);
    const kept = this.#findNote.get(size);
    if (kept === undefined) this.#insertNote.run(size, note, ts);
    else if (kept !== note) {
      throw new HostError('audit-invalid', `The rows of the audit log are not the ones of its checkpoint at ${size}`, {
        file: this.#db.name,
        remedy: 'Find out what was changed with `wirken audit verify`.',
      });
    }
    return note;
  }

  /** @throws HostError `audit-key` if the log was begun under another key */
  #usableKey(): AuditKey {
    if (this.#key !== undefined) return this.#key;
    const key = this.#openKey();
    const begun = this.#db.prepare<[], string>(`SELECT value FROM meta WHERE name = 'key'`).pluck().get();
    if (begun === undefined) this.#db.prepare(`INSERT INTO meta (name, value) VALUES ('key', ?)`).run(key.publicHex);
    else if (begun !== key.publicHex) {
      throw new HostError('audit-key', 'The audit log was begun under another key than the one that is there now', {
        file: this.#db.name,
        remedy: 'Restore the key from a backup, or move the log away to begin a new one.',
      });
    }
    this.#key = key;
    return key;
  }
}

/** The row of a head over everything since the last one, that head's own row included. Source: the format of `chain.head`. */
function headRow(session: string, tail: Tail, ts: string, key: AuditKey): PreparedRow {
  const range = {
    session,
    firstSeq: Math.max(tail.headSeq, 1),
    lastSeq: tail.seq,
    prevHash: tail.headPrevHash,
    hash: tail.hash,
  };
  const detail = {
    first_seq: range.firstSeq,
    last_seq: range.lastSeq,
    prev_hash: range.prevHash,
    hash: range.hash,
    key: key.publicHex,
    sig: encodeHex(key.sign(headMessage(range))),
  };
  const [actor, action] = ['audit', 'chain.head'];
  const payload = payloadText({ action, actor, detail, session, ts });
  const fixed = { actor, action, channel: undefined, openings: [], blobs: new Map<string, Uint8Array>() };
  return { ...fixed, session, ts, payload, payloadHash: payloadHash(payload), bytes: payload.length };
}
