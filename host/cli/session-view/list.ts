import { openAuditReader, type SessionSummary } from '../../audit/read.ts';
import type { AuditReader } from '../../audit/read.ts';
import type { Json } from '../../base/jcs.ts';
import { systemClock } from '../../base/ports.ts';
import type { Context } from '../context.ts';
import { numberFlag } from '../audit/number-flag.ts';
import { shortSession } from '../audit/find-session.ts';
import { viewRow } from '../audit/row-view.ts';
import { ago, localTime, parseTime } from '../audit/time.ts';
import { EXIT, widthOf } from '../output.ts';
import { tableLines } from '../terminal/table.ts';

export interface ListFlags {
  readonly limit: string;
  readonly channel?: string;
  readonly since?: string;
}

/** A session and what its first row says of it. */
interface Listed extends SessionSummary {
  readonly command: string | null;
  readonly person: string | null;
}

/** `session list` */
export async function sessionList(context: Context, flags: ListFlags): Promise<number> {
  const now = systemClock.now();
  const limit = numberFlag('--limit', flags.limit, 0);
  const since = flags.since === undefined ? undefined : parseTime(flags.since, now);
  using reader = openAuditReader(context.config.dataDir);
  const { sessions, more } = select(reader, limit, flags.channel, since);
  const listed = sessions.map((session) => ({ ...session, ...startOf(reader, session) }));
  context.out.result(listed.length === 0 ? 'No sessions.' : table(context, listed, now).join('\n'), {
    sessions: listed.map(summaryJson),
    more,
  });
  if (more) context.out.note(`There are more: --limit ${limit * 2} shows some of them, --limit 0 all.`);
  return EXIT.done;
}

/** As `--json` says it. */
export function summaryJson(
  summary: SessionSummary & { readonly command?: string | null; readonly person?: string | null },
): Json {
  const { session, rows, firstTs, lastTs, firstId, lastId, channel, ended, attestedSeq } = summary;
  return {
    session,
    channel,
    command: summary.command ?? null,
    person: summary.person ?? null,
    rows,
    first: { id: firstId, ts: firstTs },
    last: { id: lastId, ts: lastTs },
    ended,
    attested_rows: attestedSeq,
    attested: isAttested(summary),
  };
}

/** Whether a head covers everything but itself. */
export function isAttested({ rows, attestedSeq }: SessionSummary): boolean {
  return attestedSeq > 0 && attestedSeq >= rows - 1;
}

/** What `session.start` says. */
export function startOf(reader: AuditReader, { firstId }: SessionSummary): Pick<Listed, 'command' | 'person'> {
  const row = reader.row(firstId);
  if (row?.action !== 'session.start') return { command: null, person: null };
  const { detail } = viewRow(row, new Map());
  return { command: detail.optional('command') ?? null, person: detail.optional('person') ?? null };
}

/** The filters stand here and not in the query: `sessions` reads its rows as they are asked for. */
function select(
  reader: AuditReader,
  limit: number,
  channel: string | undefined,
  since: string | undefined,
): { readonly sessions: readonly SessionSummary[]; readonly more: boolean } {
  const sessions: SessionSummary[] = [];
  for (const session of reader.sessions()) {
    if (channel !== undefined && session.channel !== channel) continue;
    if (since !== undefined && session.lastTs < since) continue;
    if (limit > 0 && sessions.length === limit) return { sessions, more: true };
    sessions.push(session);
  }
  return { sessions, more: false };
}

function table(context: Context, sessions: readonly Listed[], now: number): readonly string[] {
  const shorts = new Map<string, number>();
  for (const { session } of sessions) shorts.set(shortSession(session), (shorts.get(shortSession(session)) ?? 0) + 1);
  const name = (session: string): string => {
    const short = shortSession(session);
    return shorts.get(short) === 1 ? short : session;
  };
  return tableLines(
    {
      header: ['session', 'when', '', 'channel', 'rows', 'what', 'attested'],
      rows: sessions.map((session) => [
        name(session.session),
        localTime(session.firstTs),
        ago(session.firstTs, now),
        session.channel ?? '-',
        String(session.rows),
        session.command ?? '-',
        standing(session),
      ]),
      sides: [undefined, undefined, undefined, undefined, 'right'],
      ...widthOf(context),
    },
    context.style,
  );
}

function standing(session: SessionSummary): string {
  if (isAttested(session)) return session.ended ? 'yes' : 'yes, open';
  return session.attestedSeq === 0 ? 'not yet' : `up to row ${session.attestedSeq}`;
}
