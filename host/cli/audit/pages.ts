import type { AuditReader } from '../../audit/read.ts';
import type { RowFilter } from '../../audit/row-filter.ts';
import type { AuditRow } from '../../policy/event.ts';

const PAGE_ROWS = 1024;
const PAGE_CHARS = 4 * 1024 * 1024;

/**
 * The rows in the order of the log, some at a time. Between pages nothing is open in the database: whoever reads slowly holds up neither a
 * redaction nor the WAL.
 */
export function* pages(reader: AuditReader, filter: RowFilter): Iterable<readonly AuditRow[]> {
  let left = filter.limit ?? Infinity;
  let afterId = filter.afterId ?? Number.MIN_SAFE_INTEGER;
  while (left > 0) {
    const page: AuditRow[] = [];
    let chars = 0;
    const limit = Math.min(left, PAGE_ROWS);
    for (const row of reader.rows({ ...filter, afterId, limit })) {
      page.push(row);
      chars += row.payload.length;
      if (chars > PAGE_CHARS) break;
    }
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < limit && chars <= PAGE_CHARS) return;
    afterId = last.id;
    left -= page.length;
  }
}

/** Where the last `count` rows that the filter lets through begin: the id before them. */
export function beforeLast(reader: AuditReader, filter: RowFilter, count: number): number {
  if (count === 0) return reader.lastId();
  let first: number | undefined;
  for (const { id } of reader.rows({ ...filter, newestFirst: true, limit: count })) first = id;
  return first === undefined ? (filter.afterId ?? 0) : first - 1;
}
