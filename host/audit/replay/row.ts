import { canonicalJson, type Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import type { AuditRow } from '../../policy/event.ts';
import { sha256Hex } from '../blobs.ts';
import { isObject } from '../json.ts';
import type { Opened } from '../openings.ts';
import { divergent, type RowName, unverifiable, type Verdict } from './report.ts';

/** A row of the log with its redactable members, opened and checked against their commitments. */
export interface ReplayRow extends Pick<AuditRow, 'id' | 'seq' | 'action' | 'payload'> {
  readonly opened: ReadonlyMap<string, Opened>;
}

export type RowDetail = { readonly [member: string]: unknown };

export function nameOf({ id, seq, action }: ReplayRow): RowName {
  return { id, seq, action };
}

/** The `detail` of its payload; empty for a payload that is none, of which the chain's verification tells. */
export function detailOf({ payload }: ReplayRow): RowDetail {
  try {
    const row: unknown = JSON.parse(payload);
    if (isObject(row) && isObject(row['detail'])) return row['detail'];
  } catch {
    // As below.
  }
  return {};
}

/** A value of a row's own, in the clear as it stands there, for a reason. */
export function inRow(value: unknown): string {
  return value === undefined ? 'nothing' : shown(typeof value === 'string' ? value : JSON.stringify(value), 64);
}

/** A redactable member that a replay cannot do without: what it holds, or what its absence means for the row. */
export function needed(row: ReplayRow, member: string): { readonly opened: Present } | { readonly verdict: Verdict } {
  const opened = row.opened.get(member);
  if (opened === undefined) return { verdict: divergent(`${member}: it is missing`) };
  if (opened.kind === 'value' || opened.kind === 'blob') return { opened };
  return { verdict: absent(member, opened) };
}

type Present = Extract<Opened, { readonly kind: 'value' | 'blob' }>;

/** Compares what a row has under the name with what there is now; `undefined` if they agree. */
export function compared(row: ReplayRow, member: string, now: Json): Verdict | undefined {
  const found = needed(row, member);
  if ('verdict' in found) return found.verdict;
  const before = digestOf(found.opened);
  const after = digestOf({ kind: 'value', value: now });
  return before === after
    ? undefined
    : divergent(`${member}: recorded was sha256 ${before}, now it is sha256 ${after}`);
}

/** Hex SHA-256 of the canonical text of the value: the name of its blob, if it is one. */
function digestOf(opened: Present): string {
  return opened.kind === 'blob' ? opened.reference.$blob : sha256Hex(Buffer.from(canonicalJson(opened.value)));
}

function absent(member: string, opened: Exclude<Opened, Present>): Verdict {
  switch (opened.kind) {
    case 'redacted':
      return unverifiable(`${member}: it was redacted`);
    case 'not-kept':
      return notKept(member, opened.bytes);
    case 'broken':
      return broken(member);
  }
}

export function notKept(member: string, bytes: number): Verdict {
  return unverifiable(`${member}: its ${bytes} bytes are not in the log`);
}

/** What stands in `openings` or `blobs` was changed. */
export function broken(member: string): Verdict {
  return divergent(`${member}: what is stored is not what the row commits to`);
}
