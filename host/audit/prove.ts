import type { AuditRow } from '../policy/event.ts';
import { HostError } from '../base/error.ts';
import { strictJson } from '../skill/strict-json.ts';
import { decodeBase64, openNote, type TreeHead } from './checkpoint.ts';
import type { Connection } from './database.ts';
import { isObject } from './json.ts';
import { consistencyProof, inclusionProof } from './tiles.ts';
import { HASH_BYTES, leafHash, MAX_PROOF_HASHES, verifyConsistency, verifyInclusion } from './tree.ts';
import { type LogVerifier, openVerifier } from './verifier.ts';
import { Findings } from './verify/finding.ts';
import { RowCheck, rowOf } from './verify/row-check.ts';

export const ROW_PROOF = 'wirken/audit-row-proof/v1';
export const CONSISTENCY_PROOF = 'wirken/audit-consistency-proof/v1';
/** A row, two notes and the hashes. */
const MAX_PROOF_CHARS = 8 * 1024 * 1024;

/** That one row stands in the log of a checkpoint. Stands for itself: no other row is needed to check it. */
export interface RowProof {
  readonly kind: typeof ROW_PROOF;
  readonly row: AuditRow;
  /** The row's id − 1. */
  readonly index: number;
  /** Rows of the tree. */
  readonly size: number;
  /** Siblings from the leaf up, base64. */
  readonly hashes: readonly string[];
  /** The signed note over `size` rows. */
  readonly checkpoint: string;
}

/** That the log of one checkpoint begins with the log of an earlier one. */
export interface ConsistencyProof {
  readonly kind: typeof CONSISTENCY_PROOF;
  readonly from: string;
  readonly to: string;
  readonly hashes: readonly string[];
}

const ROW = 'SELECT id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash FROM events';

/**
 * The proof of a row under the last checkpoint.
 * @param key the public half of the log's key
 * @throws HostError `not-found` for a row that is not there or under no checkpoint yet; `audit-invalid` for a log that is not the one of
 * its checkpoint
 */
export function proveRow(db: Connection, id: number, key: string): RowProof {
  const columns = db.prepare<[number], { readonly [name: string]: unknown }>(`${ROW} WHERE id = ?`).get(id);
  if (columns === undefined) {
    throw notFound(`The audit log has no row ${id}`, 'Look for its number with `wirken audit log`.');
  }
  const checkpoint = lastCheckpoint(db, id);
  if (checkpoint === undefined) {
    throw notFound(
      `No checkpoint of the audit log stands over row ${id} yet`,
      'Make one with `wirken audit checkpoint`.',
    );
  }
  const { size, root } = openHere(db, checkpoint, openVerifier(key));
  const index = id - 1;
  const path = inclusionProof(db, index, size);
  const row = checkedRow(columns);
  if (typeof row === 'string') throw changed(`Row ${id} of the audit log was changed: ${row}`);
  if (!verifyInclusion({ index, size, leaf: leafHash(row.hash), path, root })) throw otherRows(size);
  return { kind: ROW_PROOF, row, index, size, hashes: base64Of(path), checkpoint };
}

/**
 * The proof that the log only grew between two checkpoints.
 * @param to by default the last checkpoint of the log
 * @throws HostError `audit-invalid` for a checkpoint that is none of this log's, or over rows that it does not have any more
 */
export function proveConsistency(
  db: Connection,
  key: string,
  from: string,
  to = lastCheckpoint(db, 0),
): ConsistencyProof {
  if (to === undefined)
    throw notFound('The audit log has no checkpoint yet', 'Make one with `wirken audit checkpoint`.');
  const log = openVerifier(key);
  const older = openHere(db, from, log);
  const newer = openHere(db, to, log);
  if (older.size > newer.size) throw invalid('the first checkpoint is the later one');
  const path = consistencyProof(db, older.size, newer.size);
  const sizes = { from: older.size, to: newer.size };
  if (!verifyConsistency({ ...sizes, fromRoot: older.root, toRoot: newer.root, path })) throw otherRows(newer.size);
  return { kind: CONSISTENCY_PROOF, from, to, hashes: base64Of(path) };
}

/**
 * What a row proof proves: that the row, whose payload and columns are checked too, stood at its place when the checkpoint was signed.
 * @throws HostError `audit-invalid` with what does not hold; `key-invalid`, `key-weak`
 */
export function checkRowProof(untrusted: string, key: string): { readonly row: AuditRow; readonly head: TreeHead } {
  const { row: columns, index, size, hashes, checkpoint } = parse(untrusted, ROW_PROOF);
  const row = isObject(columns) ? checkedRow(columns) : 'it has no row';
  if (typeof row === 'string') throw invalid(row);
  const head = open(checkpoint, openVerifier(key));
  if (index !== row.id - 1 || size !== head.size) throw invalid('its numbers are not those of its row and checkpoint');
  const path = hashesOf(hashes);
  if (!verifyInclusion({ index, size, leaf: leafHash(row.hash), path, root: head.root })) {
    throw invalid('its row does not stand in the log of its checkpoint');
  }
  return { row, head };
}

/** @throws HostError `audit-invalid` with what does not hold; `key-invalid`, `key-weak` */
export function checkConsistencyProof(
  untrusted: string,
  key: string,
): { readonly from: TreeHead; readonly to: TreeHead } {
  const { from: older, to: newer, hashes } = parse(untrusted, CONSISTENCY_PROOF);
  const log = openVerifier(key);
  const from = open(older, log);
  const to = open(newer, log);
  const path = hashesOf(hashes);
  if (!verifyConsistency({ from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, path })) {
    throw invalid('the later log does not begin with the earlier one');
  }
  return { from, to };
}

function lastCheckpoint(db: Connection, minSize: number): string | undefined {
  const note = db
    .prepare<[number]>('SELECT note FROM checkpoints WHERE size >= ? ORDER BY size DESC LIMIT 1')
    .pluck()
    .get(minSize);
  return typeof note === 'string' ? note : undefined;
}

/** A checkpoint of this log over rows that are still here; whether they are the same, the proof shows. */
function openHere(db: Connection, note: string, log: LogVerifier): TreeHead {
  const head = openNote(note, log);
  const rows = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM events').pluck().get() ?? 0;
  if (head.size > rows) throw differs(`was signed over ${head.size} rows, and there are ${rows}`);
  return head;
}

function otherRows(size: number): HostError {
  return differs(`was signed over other rows than the first ${size}`);
}

function differs(what: string): HostError {
  return changed(`The audit log is not the one of the checkpoint, which ${what}`);
}

function changed(what: string): HostError {
  return new HostError('audit-invalid', what, {
    remedy: 'Find out what was changed with `wirken audit verify`, and with `--checkpoint` if one is kept elsewhere.',
  });
}

function parse(untrusted: string, kind: string): { readonly [member: string]: unknown } {
  if (untrusted.length > MAX_PROOF_CHARS) throw invalid(`it is longer than ${MAX_PROOF_CHARS} characters`);
  const proof = strictJson(untrusted);
  if (proof?.['kind'] !== kind) throw invalid(`it is no JSON object of the kind ${kind}`);
  return proof;
}

function checkedRow(columns: { readonly [name: string]: unknown }): AuditRow | string {
  const { id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash } = columns;
  const row = rowOf({ id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash });
  if (typeof row === 'string') return row;
  const findings = new Findings(1);
  new RowCheck(findings).check(row, () => true);
  return findings.kept[0]?.reason ?? row;
}

function open(note: unknown, log: LogVerifier): TreeHead {
  if (typeof note !== 'string') throw invalid('it has no checkpoint');
  return openNote(note, log);
}

function hashesOf(untrusted: unknown): Buffer[] {
  if (!Array.isArray(untrusted) || untrusted.length > MAX_PROOF_HASHES) throw invalid('its hashes are no list of them');
  return untrusted.map((text: unknown) => {
    const bytes = typeof text === 'string' ? decodeBase64(text) : undefined;
    if (bytes?.length !== HASH_BYTES) throw invalid('one of its hashes is none');
    return bytes;
  });
}

function base64Of(hashes: readonly Buffer[]): readonly string[] {
  return hashes.map((hash) => hash.toString('base64'));
}

function notFound(message: string, remedy: string): HostError {
  return new HostError('not-found', message, { remedy });
}

function invalid(why: string): HostError {
  return new HostError('audit-invalid', `Not a proof of this log: ${why}`, {
    remedy: 'Ask for the proof again, as `wirken audit prove` prints it, and give the key of that log.',
  });
}
