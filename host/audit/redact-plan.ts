import type { Connection } from './database.ts';
import { HostError } from '../base/error.ts';
import { pointerTo } from './commitment.ts';
import { asAuditError } from './sqlite-error.ts';

/** Values that one command may remove. */
const MAX_PLANNED_OPENINGS = 1_000_000;

/** What to remove; each member narrows, and at least one must be there. */
export interface RedactionSelector {
  readonly session?: string;
  readonly ids?: readonly number[];
  /** Rows before this time, as the log writes times or their beginnings. */
  readonly before?: string;
  /** Redactable members, by their names in `detail`. */
  readonly members?: readonly string[];
}

export interface PlannedOpening {
  readonly id: number;
  readonly session: string;
  readonly action: string;
  readonly ts: string;
  readonly pointer: string;
  /** Of the value's text, or of its blob. */
  readonly bytes: number;
  readonly blob: string | null;
}

/** What a redaction would remove. Whatever else a row says cannot be removed. */
export interface RedactionPlan {
  readonly openings: readonly PlannedOpening[];
  readonly rows: number;
  readonly bytes: number;
  /** Blobs that go with them, and ones that stay because rows outside of the plan refer to them too. */
  readonly blobs: number;
  readonly sharedBlobs: number;
}

/** @throws HostError `usage` for a selector that selects nothing in particular, or too much at once */
export function planRedaction(db: Connection, selector: RedactionSelector): RedactionPlan {
  return asAuditError(db.name, () => plan(db, selector), 'reading');
}

function plan(db: Connection, selector: RedactionSelector): RedactionPlan {
  const openings = select(db, selector);
  if (openings.length > MAX_PLANNED_OPENINGS) {
    throw new HostError('usage', `More than ${MAX_PLANNED_OPENINGS} values would be removed at once`, {
      remedy: 'Narrow it: a session, an earlier time, a member.',
    });
  }
  const referrers = db.prepare<[string], number>('SELECT count(*) FROM openings WHERE blob = ?').pluck();
  const planned = new Map<string, number>();
  for (const { blob } of openings) if (blob !== null) planned.set(blob, (planned.get(blob) ?? 0) + 1);
  const shared = [...planned].filter(([blob, count]) => referrers.get(blob) !== count).length;
  return {
    openings,
    rows: new Set(openings.map(({ id }) => id)).size,
    bytes: openings.reduce((sum, { bytes }) => sum + bytes, 0),
    blobs: planned.size - shared,
    sharedBlobs: shared,
  };
}

/** Whether all of it is still there. */
export function sameOpenings(db: Connection, plan: RedactionPlan): boolean {
  const find = db.prepare<[number, string], string | null>(
    'SELECT blob FROM openings WHERE event_id = ? AND pointer = ?',
  );
  find.pluck();
  return plan.openings.every(({ id, pointer, blob }) => find.get(id, pointer) === blob);
}

function select(db: Connection, { session, ids, before, members }: RedactionSelector): readonly PlannedOpening[] {
  const conditions: string[] = [];
  const params: (string | number)[] = [];
  if (session !== undefined) {
    conditions.push('e.session = ?');
    params.push(session);
  }
  if (before !== undefined) {
    conditions.push('e.ts < ?');
    params.push(before);
  }
  // A list of any length as one parameter.
  if (ids !== undefined) {
    conditions.push('e.id IN (SELECT value FROM json_each(?))');
    params.push(JSON.stringify(ids));
  }
  if (members !== undefined) {
    conditions.push('o.pointer IN (SELECT value FROM json_each(?))');
    params.push(JSON.stringify(members.map(pointerTo)));
  }
  if (conditions.length === 0) {
    throw new HostError('usage', 'A redaction names what it removes', {
      remedy: 'Name a session, rows, a time or a member.',
    });
  }
  return db
    .prepare<(string | number)[], PlannedOpening>(
      `SELECT e.id AS id, e.session AS session, e.action AS action, e.ts AS ts, o.pointer AS pointer, o.blob AS blob,
         coalesce((SELECT bytes FROM blobs WHERE sha256 = o.blob), length(CAST(o.value AS BLOB))) AS bytes
       FROM openings o JOIN events e ON e.id = o.event_id WHERE ${conditions.join(' AND ')}
       ORDER BY o.event_id, o.pointer LIMIT ${MAX_PLANNED_OPENINGS + 1}`,
    )
    .all(...params);
}
