import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { encodeHex, encodeUtf8 } from '../../host/base/bytes.ts';
import type { Json } from '../../host/base/jcs.ts';
import { payloadHash, payloadText, rowHash } from '../../host/audit/chain.ts';
import { signCheckpoint } from '../../host/audit/checkpoint.ts';
import { commitBytes, pointerTo, SALT_BYTES } from '../../host/audit/commitment.ts';
import { type Connection, openDatabase } from '../../host/audit/database.ts';
import { headMessage } from '../../host/audit/head.ts';
import { type AuditKey, openAuditKey } from '../../host/audit/key.ts';
import { extendTiles } from '../../host/audit/tiles.ts';
import { Frontier } from '../../host/audit/tree.ts';
import { scratch } from './scratch.ts';

const MILLION = 1_000_000;
/** Sessions that write at the same time, row by row in turn. */
const SESSIONS = 8;
/** Rows of a session between two heads. */
const HEAD_EVERY = 1000;
/** Heads of a session until the next one takes its place. */
const HEADS = 4;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const TS = '2026-01-01T00:00:00.000Z';
const DIGEST = '5c'.repeat(32);

interface Session {
  readonly name: string;
  seq: number;
  hash: string;
  headSeq: number;
  headPrev: string;
}

export interface WrittenLog {
  /** Hex. */
  readonly key: string;
  readonly openings: number;
}

export interface BenchLog extends WrittenLog {
  readonly dataDir: string;
  readonly rows: number;
}

let shared: BenchLog | undefined;

/** A log of a million rows, written once for all rows of the bench that read one; gone when the process ends. */
export function millionRows(): BenchLog {
  if (shared !== undefined) return shared;
  const dir = scratch();
  process.once('exit', () => dir[Symbol.dispose]());
  const dataDir = join(dir.path, 'data');
  shared = { dataDir, rows: MILLION, ...writeAuditLog(dataDir, MILLION) };
  return shared;
}

/** A log of that many rows as the writer would have left it, heads, checkpoints and tiles included, written in one go. */
export function writeAuditLog(dataDir: string, rows: number): WrittenLog {
  const db = openDatabase(dataDir, { readonly: false });
  try {
    db.exec('PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; PRAGMA cache_size=-65536');
    return withoutTriggers(db, () => new Writer(db, openAuditKey(dataDir)).write(rows));
  } finally {
    db.exec('PRAGMA journal_mode=WAL');
    db.close();
  }
}

/** The rows are right; looking at each again while it is written would take longer than everything else. */
function withoutTriggers<T>(db: Connection, work: () => T): T {
  const made = db
    .prepare<[], { readonly type: string; readonly name: string; readonly sql: string }>(
      `SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL`,
    )
    .all();
  for (const { type, name } of made) db.exec(`DROP ${type} ${name}`);
  const result = db.transaction(work)();
  for (const { sql } of made) db.exec(sql);
  return result;
}

class Writer {
  readonly #key: AuditKey;
  readonly #db: Connection;
  readonly #insert;
  readonly #insertOpening;
  readonly #insertCheckpoint;
  readonly #tree = new Frontier();
  readonly #salts = new Uint8Array(4096 * SALT_BYTES);
  #openings = 0;
  #sessions = 0;
  #id = 0;

  constructor(db: Connection, key: AuditKey) {
    this.#db = db;
    this.#key = key;
    this.#insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#insertOpening = db.prepare('INSERT INTO openings VALUES (?, ?, ?, ?, NULL)');
    this.#insertCheckpoint = db.prepare('INSERT INTO checkpoints VALUES (?, ?, ?)');
  }

  write(rows: number): WrittenLog {
    const sessions = Array.from({ length: SESSIONS }, () => this.#start());
    while (this.#id < rows) {
      const which = this.#id % SESSIONS;
      const session = sessions[which];
      if (session === undefined) throw new TypeError('a session too few');
      if (session.seq > 0 && session.seq % HEAD_EVERY === 0 && session.headSeq !== session.seq) this.#head(session);
      else this.#call(session);
      if (session.headSeq === session.seq && session.seq >= HEADS * HEAD_EVERY) sessions[which] = this.#start();
    }
    extendTiles(this.#db, rows);
    return { key: this.#key.publicHex, openings: this.#openings };
  }

  #start(): Session {
    const name = `cli-${String(this.#sessions++).padStart(8, '0')}`;
    return { name, seq: 0, hash: '', headSeq: 0, headPrev: '' };
  }

  /** By turns what a call leaves behind: the decision, the call, its result. */
  #call(session: Session): void {
    const call = session.seq;
    const kind = call % 4;
    if (kind % 2 === 0) {
      const decision = { decision: 'allowed', decider: 'remembered', remembered: true, rule: 'WorkspaceRead:src/**' };
      const asked = { action_variant: 'WorkspaceRead', subject: `src/module-${call}.ts`, tier: 'tier1', ...decision };
      this.#append(session, 'gateway.permissions', 'permission.decision', asked);
    } else if (kind === 1) {
      const of = { skill: 'lyrik', tool: 'lyrik', digest: DIGEST, publisher: DIGEST, trust: 'root-delegated' };
      const limits = { memory_bytes: 268435456, output_bytes: 8388608, wall_time_ms: 10000 };
      const permissions = { 'filesystem.read': ['src/**'] };
      this.#append(
        session,
        'skill.runner',
        'skill.call',
        { ...of, limits, permissions },
        { input: { path: `src/module-${call}.ts` } },
      );
    } else {
      const result = { call, outcome: 'exited', exit_code: 0, wall_ms: 3, memory_bytes: 1179648, journal: 'none' };
      this.#append(session, 'skill.runner', 'skill.result', result, {
        output: `${call} lines and some more words about them`,
      });
    }
  }

  #head(session: Session): void {
    const size = this.#id;
    this.#insertCheckpoint.run(size, signCheckpoint({ size, root: this.#tree.root() }, this.#key), TS);
    const range = {
      firstSeq: Math.max(session.headSeq, 1),
      lastSeq: session.seq,
      prevHash: session.headPrev,
      hash: session.hash,
    };
    const sig = encodeHex(this.#key.sign(headMessage({ session: session.name, ...range })));
    const attested = {
      first_seq: range.firstSeq,
      last_seq: range.lastSeq,
      prev_hash: range.prevHash,
      hash: range.hash,
    };
    session.headPrev = session.hash;
    this.#append(session, 'audit', 'chain.head', { ...attested, key: this.#key.publicHex, sig });
    session.headSeq = session.seq;
  }

  #append(
    session: Session,
    actor: string,
    action: string,
    detail: { readonly [member: string]: Json },
    redactable: { readonly [member: string]: Json } = {},
  ): void {
    const id = ++this.#id;
    const commitments: { [member: string]: Json } = {};
    for (const [member, value] of Object.entries(redactable)) {
      const salt = this.#salt();
      const text = JSON.stringify(value);
      commitments[member] = { $c: commitBytes(encodeUtf8(text), salt) };
      this.#insertOpening.run(id, pointerTo(member), salt, text);
    }
    const ts = new Date(START_MS + id).toISOString();
    const payload = payloadText({
      action,
      actor,
      channel: 'cli',
      detail: { ...detail, ...commitments },
      session: session.name,
      ts,
    });
    const contentHash = payloadHash(payload);
    const hash = rowHash(session.hash, contentHash);
    session.seq++;
    this.#insert.run(id, session.name, session.seq, ts, actor, action, 'cli', payload, session.hash, contentHash, hash);
    session.hash = hash;
    this.#tree.pushRow(hash);
  }

  #salt(): Uint8Array {
    const at = (this.#openings++ * SALT_BYTES) % this.#salts.length;
    if (at === 0) randomFillSync(this.#salts);
    return this.#salts.subarray(at, at + SALT_BYTES);
  }
}
