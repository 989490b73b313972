import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Json } from '../base/jcs.ts';
import type { Random } from '../base/ports.ts';
import { systemClock } from '../base/ports.ts';
import type { EventDraft } from '../policy/event.ts';
import { databaseFile } from './place.ts';
import { type AuditLog, type LogSpec, openAuditLog } from './log.ts';
import { Frontier, leafHash } from './tree.ts';

/** Helpers of the tests of the log. */

export const systemRandom: Random = { fill: (bytes) => void randomFillSync(bytes) };

export interface TestData extends Disposable {
  readonly path: string;
}

export function testData(): TestData {
  const path = mkdtempSync(join(tmpdir(), 'wirken-audit-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function openTestLog(dataDir: string, spec: Partial<LogSpec> = {}): AuditLog {
  return openAuditLog({
    dataDir,
    clock: systemClock,
    random: systemRandom,
    onNotice: (line) => {
      throw new TypeError(`unexpected notice: ${line}`);
    },
    ...spec,
  });
}

export function draft(session: string, more: Partial<EventDraft> = {}): EventDraft {
  return { session, actor: 'agent', action: 'tool.call', detail: { tool: 'read_file' }, ...more };
}

export interface ChainRow {
  readonly id: number;
  readonly session: string;
  readonly seq: number;
  readonly action: string;
  readonly payload: string;
  readonly prev_hash: string;
  readonly payload_hash: string;
  readonly hash: string;
}

/** Every row, read by a connection that knows nothing of ours. */
export function storedRows(dataDir: string): readonly ChainRow[] {
  const db = new Database(databaseFile(dataDir), { readonly: true });
  try {
    return db.prepare<[], ChainRow>('SELECT * FROM events ORDER BY id').all();
  } finally {
    db.close();
  }
}

/** What is wrong with ids, sequence numbers and hashes, worked out from the definition of the format alone; empty for a sound log. */
export function chainFaults(rows: readonly ChainRow[]): readonly string[] {
  const last = new Map<string, ChainRow>();
  return rows.flatMap((row, at) => {
    const before = last.get(row.session);
    last.set(row.session, row);
    const payloadHash = createHash('sha256').update(row.payload, 'utf8').digest('hex');
    const chained = createHash('sha256').update(row.prev_hash, 'ascii').update(payloadHash, 'ascii').digest('hex');
    const checks = {
      id: row.id === at + 1,
      seq: row.seq === (before?.seq ?? 0) + 1,
      prev_hash: row.prev_hash === (before?.hash ?? ''),
      payload_hash: row.payload_hash === payloadHash,
      hash: row.hash === chained,
    };
    return Object.entries(checks).flatMap(([name, holds]) => (holds ? [] : [`row ${row.id}: ${name}`]));
  });
}

/** What a statement selects, asked by such a connection. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the statement selects
export function query<T>(dataDir: string, sql: string): readonly T[] {
  const db = new Database(databaseFile(dataDir), { readonly: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
}

export function detailOf(row: ChainRow | undefined): { readonly [member: string]: Json } {
  return JSON.parse(row?.payload ?? '{}').detail;
}

/** The root of the first `size` rows, worked out leaf by leaf. */
export function rootOfRows(rows: readonly ChainRow[], size: number): Buffer {
  const tree = new Frontier();
  for (const { hash } of rows.slice(0, size)) tree.push(leafHash(hash));
  return tree.root();
}
