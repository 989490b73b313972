import type { AuditReader } from '../read.ts';
import type { ReplayRow } from './row.ts';

/** Rows that are held at a time. */
const PAGE_ROWS = 64;

/** The rows of a session from its first on, with their redactable members. The reader can be asked for other things meanwhile. */
export function* sessionRows(reader: AuditReader, session: string): Iterable<ReplayRow> {
  for (let afterId = 0; ;) {
    const page = [...reader.rows({ session, afterId, limit: PAGE_ROWS })];
    for (const row of page) yield { ...row, opened: reader.opened(row) };
    const last = page.at(-1);
    if (last === undefined) return;
    afterId = last.id;
  }
}
