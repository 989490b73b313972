import { generateKeyPairSync, sign } from 'node:crypto';
import type Database from 'better-sqlite3';
import { encodeHex } from '../base/bytes.ts';
import { canonicalJson, type Json } from '../base/jcs.ts';
import { payloadHash, rowHash } from './chain.ts';
import { headMessage } from './head.ts';
import { rechain } from './verify.fixture.ts';

/** What somebody could do to the log of `testLog`. */
type Payload = { detail: Record<string, Json> };
export type Change = (db: Database.Database) => void;
export const sql =
  (...statements: readonly string[]): Change =>
  (db) =>
    statements.forEach((statement) => db.exec(statement));

export function editPayload(db: Database.Database, id: number, edit: (payload: Payload) => void): void {
  const text = db.prepare<[number], string>('SELECT payload FROM events WHERE id = ?').pluck().get(id) ?? '';
  const payload: Payload = JSON.parse(text);
  edit(payload);
  db.prepare('UPDATE events SET payload = ? WHERE id = ?').run(canonicalJson(payload), id);
}

export const lie: Change = (db) => editPayload(db, 9, ({ detail }) => (detail['tool'] = 'other_tool'));

/** Ids without gaps again, as far as that goes. */
export const renumber: Change = (db) => {
  for (const table of ['events', 'openings']) db.exec(`CREATE TEMP TABLE old_${table} AS SELECT * FROM ${table}`);
  const ids = db.prepare<[], number>('SELECT id FROM old_events ORDER BY id').pluck().all();
  db.exec('DELETE FROM events; DELETE FROM openings');
  for (const [at, id] of ids.entries()) {
    db.exec(`UPDATE old_events SET id = ${at + 1} WHERE id = ${id}; INSERT INTO events SELECT * FROM old_events WHERE id = ${at + 1};
      INSERT INTO openings SELECT ${at + 1}, pointer, salt, value, blob FROM old_openings WHERE event_id = ${id};
      DELETE FROM old_events WHERE id = ${at + 1}`);
  }
};

/** A row as the writer would append it. @param after whose session it goes on with */
export function append(db: Database.Database, id: number, after: number): void {
  const last = db
    .prepare<[number], { session: string; hash: string; seq: number; ts: string }>('SELECT * FROM events WHERE id = ?')
    .get(after);
  if (last === undefined) throw new TypeError('no last row');
  const { session, hash, seq, ts } = last;
  const payload = canonicalJson({
    action: 'tool.call',
    actor: 'agent',
    detail: { tool: 'x' },
    session: { full: session },
    ts,
  });
  const content = payloadHash(payload);
  db.prepare(`INSERT INTO events VALUES (?, ?, ?, ?, 'agent', 'tool.call', NULL, ?, ?, ?, ?)`).run(
    id,
    session,
    seq + 1,
    ts,
    payload,
    hash,
    content,
    rowHash(hash, content),
  );
}

export const foreignHead: Change = (db) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  editPayload(db, 17, ({ detail }) => {
    const range = {
      session: 'cli-a',
      firstSeq: Number(detail['first_seq']),
      lastSeq: Number(detail['last_seq']),
      prevHash: textOf(detail['prev_hash']),
      hash: textOf(detail['hash']),
    };
    detail['key'] = key;
    detail['sig'] = encodeHex(sign(null, headMessage(range), privateKey));
  });
  rechain(db, 'cli-a');
};

export const headOfOther: Change = (db) => {
  const other: Payload = JSON.parse(
    db.prepare<[], string>('SELECT payload FROM events WHERE id = 18').pluck().get() ?? '',
  );
  editPayload(db, 17, (payload) => (payload.detail = other.detail));
  rechain(db, 'cli-a');
};

export const swap: Change = (db) => {
  for (const [table, column] of [
    ['events', 'id'],
    ['openings', 'event_id'],
  ]) {
    for (const [from, to] of [
      [9, -1],
      [13, 9],
      [-1, 13],
    ]) {
      db.exec(`UPDATE ${table} SET ${column} = ${to} WHERE ${column} = ${from}`);
    }
  }
};

export const withoutSession: Change = (db) => {
  db.exec(
    `DELETE FROM openings WHERE event_id IN (SELECT id FROM events WHERE session = 'cli-b'); DELETE FROM events WHERE session = 'cli-b'`,
  );
  renumber(db);
};

export function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new TypeError('a member of a head is text');
  return value;
}
