import type { AuditRow } from '../../policy/event.ts';
import type { Entry, Forwarder, RejectedRow } from './forwarder.ts';
import type { Page } from './rows.ts';

/** The comma, or the line feed, between two entries; the brackets are counted once. */
const BETWEEN_BYTES = 1;
const AROUND_BYTES = 2;

export interface Cut {
  readonly entries: readonly Entry[];
  /** Rows that no request can hold, and why. */
  readonly unfit: readonly (RejectedRow & { readonly row: AuditRow })[];
  /** Where the cursor stands once these are done with. */
  readonly through: { readonly id: number; readonly hash: string };
}

/** As many rows from the beginning of a page as one request holds. `done` are ids that were dealt with before. */
export function cutBatch(
  page: Required<Page>,
  forwarder: Pick<Forwarder, 'encode' | 'limits'>,
  done: ReadonlySet<number>,
): Cut {
  const { maxRows, maxBytes, maxRowBytes } = forwarder.limits;
  const entries: Entry[] = [];
  const unfit: Cut['unfit'][number][] = [];
  let size = AROUND_BYTES;
  let before: AuditRow | undefined;
  for (const row of page.rows) {
    if (!done.has(row.id)) {
      const encoded = forwarder.encode(row);
      const bytes = encoded.kind === 'fit' ? Buffer.byteLength(encoded.text) : 0;
      if (encoded.kind === 'unfit') unfit.push({ id: row.id, row, reason: encoded.reason });
      else if (bytes > maxRowBytes || bytes + AROUND_BYTES > maxBytes) {
        unfit.push({ id: row.id, row, reason: `it has ${bytes} bytes; the receiver takes ${maxRowBytes}` });
      } else if (before !== undefined && (entries.length === maxRows || size + BETWEEN_BYTES + bytes > maxBytes)) {
        return { entries, unfit, through: { id: before.id, hash: before.hash } };
      } else {
        size += bytes + BETWEEN_BYTES;
        entries.push({ row, text: encoded.text, bytes });
      }
    }
    before = row;
  }
  return { entries, unfit, through: page.through };
}
