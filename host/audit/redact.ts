import type { Json } from '../base/jcs.ts';
import type { AuditActor, AuditSink } from '../policy/event.ts';
import type { Connection } from './database.ts';
import { HostError } from '../base/error.ts';
import { openDatabase } from './database.ts';
import { erase, isErasurePending, markErasurePending } from './erase.ts';
import { type RedactionPlan, sameOpenings } from './redact-plan.ts';
import { asAuditError } from './sqlite-error.ts';

/** Openings of one `audit.redacted` row; more of them make more rows. */
const MAX_RANGES_PER_ROW = 1000;
export const MAX_REASON_CHARS = 1000;

export interface RedactSpec {
  readonly dataDir: string;
  /** What `planRedaction` answered and a person has seen. */
  readonly plan: RedactionPlan;
  /** Stands in the log for ever. */
  readonly reason: string;
  /** Where `audit.redacted` is recorded, and for whom. */
  readonly sink: AuditSink;
  readonly session: string;
  readonly actor?: AuditActor;
  /** How long it waits for whoever else has the log open. */
  readonly maxWaitMs?: number;
}

export interface Redacted {
  readonly openings: number;
  readonly blobs: number;
}

/**
 * Removes what the plan names: records it first, deletes the openings and the blobs that nothing else refers to, then rewrites the database so
 * that no old byte of them stays in it or in its WAL. What stays: the rows, their commitments, the chain. Copies that were exported or
 * forwarded are out of reach.
 * @throws HostError `audit-unwritable` (`details.erased` is false if the openings are gone but their bytes may still stand in a file:
 * another program has the log open, or there is no room to rewrite it; the next redaction finishes that, one with an empty plan too); `usage` for a plan that is stale,
 * empty or without a reason.
 */
export async function redact({
  dataDir,
  plan,
  reason,
  sink,
  session,
  actor = 'cli',
  maxWaitMs,
}: RedactSpec): Promise<Redacted> {
  if (reason.trim() === '' || reason.length > MAX_REASON_CHARS || !reason.isWellFormed()) {
    throw new HostError('usage', `A redaction needs a reason of at most ${MAX_REASON_CHARS} characters`, {
      remedy: 'Say why; the reason stays in the log.',
    });
  }
  const db = openDatabase(dataDir, { readonly: false });
  try {
    if (plan.openings.length === 0) {
      if (isErasurePending(db)) await erase(db, maxWaitMs);
      return { openings: 0, blobs: 0 };
    }
    if (!sameOpenings(db, plan)) {
      throw new HostError('usage', 'The log has changed since it was shown what would be removed', {
        remedy: 'Look at it again.',
      });
    }
    for (const removed of inRows(plan)) {
      await sink.append({ session, actor, action: 'audit.redacted', detail: { reason, ...removed } });
    }
    const blobs = asAuditError(db.name, () => remove(db, plan));
    await erase(db, maxWaitMs);
    return { openings: plan.openings.length, blobs };
  } finally {
    db.close();
  }
}

function remove(db: Connection, plan: RedactionPlan): number {
  const deleteOpening = db.prepare('DELETE FROM openings WHERE event_id = ? AND pointer = ?');
  const deleteBlob = db.prepare(
    'DELETE FROM blobs WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM openings WHERE blob = blobs.sha256)',
  );
  db.pragma('secure_delete = ON');
  return db
    .transaction(() => {
      markErasurePending(db);
      for (const { id, pointer } of plan.openings) deleteOpening.run(id, pointer);
      let blobs = 0;
      for (const sha256 of new Set(plan.openings.flatMap(({ blob }) => blob ?? []))) {
        blobs += deleteBlob.run(sha256).changes;
      }
      return blobs;
    })
    .immediate();
}

/** The plan as details of rows, each of a bounded size: by pointer the ids, written as `3-7,12`. */
function* inRows(plan: RedactionPlan): Iterable<{ readonly [member: string]: Json }> {
  const ids = new Map<string, number[]>();
  for (const { id, pointer } of plan.openings) {
    const known = ids.get(pointer);
    if (known === undefined) ids.set(pointer, [id]);
    else known.push(id);
  }
  for (const [pointer, rows] of ids) {
    const ranges = rangesOf(rows);
    for (let at = 0; at < ranges.length; at += MAX_RANGES_PER_ROW) {
      yield { pointer, rows: ranges.slice(at, at + MAX_RANGES_PER_ROW).join(',') };
    }
  }
}

function rangesOf(ids: readonly number[]): readonly string[] {
  const ranges: [number, number][] = [];
  for (const id of ids.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === id - 1) last[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
}
