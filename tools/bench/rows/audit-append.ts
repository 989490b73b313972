import { randomFillSync } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { EventDraft } from '../../../host/policy/event.ts';
import { systemClock } from '../../../host/base/ports.ts';
import { openDatabase } from '../../../host/audit/database.ts';
import { type AuditLog, openAuditLog } from '../../../host/audit/log.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

/** Writers that append at once, each waiting for its row before the next: the rows of one transaction. */
const WRITERS = 64;
/** Rows of each writer in one sample. */
const ROWS_EACH = 32;
const ROUNDS = 15;
const OURS = 'wirken';
const PLAIN = 'plain inserts, same bytes, durability and batch';

interface StoredRow {
  readonly event: readonly unknown[];
  readonly opening: readonly unknown[] | undefined;
}

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  const dataDir = join(dir.path, 'data');
  mkdirSync(dataDir, { recursive: true });
  await using log = openAuditLog({
    dataDir,
    clock: systemClock,
    random: { fill: (bytes) => void randomFillSync(bytes) },
    onNotice: (line) => console.error(line),
  });
  await appendAll(log);
  const plain = openPlain(join(dir.path, 'plain.db'), storedRows(dataDir));
  try {
    const samples = await interleave(
      [
        { name: OURS, once: () => appendAll(log) },
        { name: PLAIN, once: () => plain.once() },
      ],
      { rounds: ROUNDS },
    );
    const rate = (side: string): number => (WRITERS * ROWS_EACH * 1000) / medianOf(samples, side);
    return [
      {
        name: 'audit-append',
        what: `durable append to the audit log, ${WRITERS} writers at once`,
        unit: 'calls/s',
        value: rate(OURS),
        comparisons: [{ peer: PLAIN, peerValue: rate(PLAIN), target: { kind: 'at-least', value: 0.5 } }],
      },
    ];
  } finally {
    plain.close();
  }
}

async function appendAll(log: AuditLog): Promise<void> {
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let row = 0; row < ROWS_EACH; row++) await log.append(draftOf(writer, row));
  });
  await Promise.all(writers);
}

/** A decision, a call and its result, as a host writes them. */
function draftOf(writer: number, row: number): EventDraft {
  const session = `bench-${writer}`;
  if (row % 2 === 0) {
    return {
      session,
      actor: 'gateway.permissions',
      action: 'permission.decision',
      channel: 'cli',
      detail: {
        action_variant: 'WorkspaceRead',
        tier: 'tier1',
        decision: 'allowed',
        decider: 'tier',
        remembered: false,
        rule: 'tier1',
        subject: 'src/main.ts',
      },
    };
  }
  return {
    session,
    actor: 'agent',
    action: 'tool.call',
    channel: 'cli',
    detail: { tool: 'read_file', action_variant: 'WorkspaceRead' },
    redactable: { arguments: { path: 'src/main.ts', offset: row, limit: 400 } },
  };
}

/** The very bytes that a round of ours left in its tables. */
function storedRows(dataDir: string): readonly StoredRow[] {
  const db = openDatabase(dataDir, { readonly: true });
  try {
    const openings = new Map(
      db
        .prepare<[], readonly unknown[]>('SELECT event_id, pointer, salt, value, blob FROM openings')
        .raw()
        .all()
        .map((opening) => [opening[0], opening.slice(1)]),
    );
    const events = db
      .prepare<[], readonly unknown[]>(
        `SELECT id, session, seq, ts, actor, action, channel, payload, prev_hash, payload_hash, hash FROM events`,
      )
      .raw()
      .all();
    return events.map(([id, ...event]) => ({ event, opening: openings.get(id) }));
  } finally {
    db.close();
  }
}

/** The same tables and indexes without triggers, hashes or chains. */
function openPlain(file: string, rows: readonly StoredRow[]): { once(): void; close(): void } {
  const db = new Database(file);
  db.exec(`
    PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
    CREATE TABLE events (id INTEGER PRIMARY KEY, session TEXT NOT NULL, seq INTEGER NOT NULL, ts TEXT NOT NULL, actor TEXT NOT NULL,
      action TEXT NOT NULL, channel TEXT, payload TEXT NOT NULL, prev_hash TEXT NOT NULL, payload_hash TEXT NOT NULL, hash TEXT NOT NULL);
    CREATE UNIQUE INDEX events_by_session ON events (session, seq);
    CREATE TABLE openings (event_id INTEGER NOT NULL, pointer TEXT NOT NULL, salt BLOB NOT NULL, value TEXT NOT NULL, blob TEXT,
      PRIMARY KEY (event_id, pointer)) WITHOUT ROWID`);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const insertEvent = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertOpening = db.prepare('INSERT INTO openings VALUES (?, ?, ?, ?, ?)');
  let id = 0;
  return {
    once() {
      const first = id;
      for (let at = 0; at < WRITERS * ROWS_EACH; at += WRITERS) {
        begin.run();
        for (const { event, opening } of rows.slice(at, at + WRITERS)) {
          const [session, seq, ...rest] = event;
          insertEvent.run(++id, session, Number(seq) + first, ...rest);
          if (opening !== undefined) insertOpening.run(id, ...opening);
        }
        commit.run();
      }
    },
    close: () => void db.close(),
  };
}
