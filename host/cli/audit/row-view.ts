import type { Opened } from '../../audit/openings.ts';
import type { Json } from '../../base/jcs.ts';
import type { AuditRow } from '../../policy/event.ts';
import { DetailView } from './detail-view.ts';

/** A row with what it says, as far as it is JSON. */
export interface RowView {
  readonly row: AuditRow;
  /** `undefined` for a payload that is none: `audit verify` says more. */
  readonly payload: Json | undefined;
  readonly detail: DetailView;
  /** Its redactable members, by their names. */
  readonly opened: ReadonlyMap<string, Opened>;
}

export function viewRow(row: AuditRow, opened: ReadonlyMap<string, Opened>): RowView {
  const payload = parsed(row.payload);
  const detail = typeof payload === 'object' && payload !== null && 'detail' in payload ? payload['detail'] : undefined;
  return { row, payload, detail: new DetailView(detail), opened };
}

/** As `--json` prints it: the payload parsed, what its commitments stand for under `opened`. */
export function rowJson({ row, payload, opened }: RowView): Json {
  const { payload: text, ...columns } = row;
  return {
    ...columns,
    ...(payload === undefined ? { payload: null, payload_text: text } : { payload }),
    opened: Object.fromEntries([...opened].map(([member, value]) => [member, openedJson(value)])),
  };
}

export function openedJson(opened: Opened): Json {
  switch (opened.kind) {
    case 'value':
      return { kind: opened.kind, value: opened.value };
    case 'blob':
      return { kind: opened.kind, sha256: opened.reference.$blob, bytes: opened.reference.bytes };
    case 'not-kept':
      return { kind: opened.kind, bytes: opened.bytes };
    case 'redacted':
    case 'broken':
      return { kind: opened.kind };
  }
}

function parsed(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
