import type { AuditReader, SessionSummary } from '../../audit/read.ts';
import { asAuditError } from '../../audit/sqlite-error.ts';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';

const MAX_NAMED = 5;
/** Characters of an id that wirken makes that tell it from others: its channel and its time. */
const MADE = /^([a-z0-9]{1,32}-[0-9a-z]{9})[0-9a-f]{20}$/;
const MAX_SHORT_CHARS = 24;

/**
 * The session that is meant: `latest`, an id, or the beginning of one that no other has.
 * @throws HostError `not-found`, `usage` for a beginning that several have
 */
export function findSession(reader: AuditReader, untrusted: string): SessionSummary {
  const exact = reader.session(untrusted);
  if (exact !== undefined) return exact;
  const matching = untrusted === 'latest' ? latest(reader) : beginningWith(reader, untrusted);
  const [only] = matching;
  const found = only === undefined ? undefined : reader.session(only);
  if (found === undefined) {
    const remedy = '`wirken session list` shows the sessions; the beginning of an id is enough.';
    if (untrusted === 'latest') throw new HostError('not-found', 'the audit log has no session yet', { remedy });
    throw new HostError('not-found', `there is no session ${shown(untrusted, 130)}`, { remedy });
  }
  if (matching.length === 1) return found;
  const named = matching.slice(0, MAX_NAMED).map((session) => shown(session, 130));
  const more = matching.length > MAX_NAMED ? ' and more' : '';
  throw new HostError('usage', `several sessions begin with ${shown(untrusted, 130)}: ${named.join(', ')}${more}`, {
    remedy: 'Give more of the id.',
  });
}

/** The one that was written to last. */
function latest(reader: AuditReader): readonly string[] {
  return [...reader.rows({ newestFirst: true, limit: 1 })].map(({ session }) => session);
}

/** At most one more than are named. */
function beginningWith({ db }: AuditReader, prefix: string): readonly string[] {
  if (prefix === '') return [];
  // Ids are ASCII: every one that begins with it stands before this.
  const end = `${prefix}\uffff`;
  const find = () =>
    db
      .prepare<[string, string], string>(
        `SELECT DISTINCT session FROM events WHERE session >= ? AND session < ? ORDER BY session LIMIT ${MAX_NAMED + 1}`,
      )
      .pluck()
      .all(prefix, end);
  return asAuditError(db.name, find, 'reading');
}

/** Enough of an id to name the session on a line; nearly always enough for `findSession`. */
export function shortSession(session: string): string {
  return shown(MADE.exec(session)?.[1] ?? session, MAX_SHORT_CHARS);
}
