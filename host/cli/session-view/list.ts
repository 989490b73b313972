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
  /** The skill and the tool, or the built-in tool, that it called first. */
  readonly firstCall: string | null;
}

/** Longer sessions are not searched for their first call. */
const MAX_SEARCHED_ROWS = 10_000;

/** `session list` */
export async function sessionList(context: Context, flags: ListFlags): Promise<number> {
  const now = systemClock.now();
  const limit = numberFlag('--limit', flags.limit, 0);
  const since = flags.since === undefined ? undefined : parseTime(flags.since, now);
  using reader = openAuditReader(context.config.dataDir);
  const { sessions, more } = select(reader, limit, flags.channel, since);
  const listed = sessions.map((session) => described(reader, session));
  context.out.result(listed.length === 0 ? 'No sessions.' : table(context, listed, now).join('\n'), {
    sessions: listed.map(summaryJson),
    more,
  });
  if (more) context.out.note(`There are more: --limit ${limit * 2} shows some of them, --limit 0 all.`);
  return EXIT.done;
}

/** As `--json` says it. */
export function summaryJson(summary: Listed): Json {
  const { session, rows, firstTs, lastTs, firstId, lastId, channel, ended, attestedSeq } = summary;
  const { command, person, firstCall } = summary;
  return {
    session,
    channel,
    command,
    person,
    first_call: firstCall,
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

/** The same with what its rows say of it. */
export function described(reader: AuditReader, summary: SessionSummary): Listed {
  const row = reader.row(summary.firstId);
  const { detail } = row?.action === 'session.start' ? viewRow(row, new Map()) : { detail: undefined };
  return {
    ...summary,
    command: detail?.optional('command') ?? null,
    person: detail?.optional('person') ?? null,
    firstCall: firstCallOf(reader, summary),
  };
}

function firstCallOf(reader: AuditReader, { session, rows }: SessionSummary): string | null {
  if (rows > MAX_SEARCHED_ROWS) return null;
  const calls = ['skill.call', 'tool.call'].flatMap((action) => [...reader.rows({ session, action, limit: 1 })]);
  const [first] = calls.toSorted((a, b) => a.seq - b.seq);
  if (first === undefined) return null;
  const { detail } = viewRow(first, new Map());
  return first.action === 'skill.call' ? `${detail.text('skill')} ${detail.text('tool')}` : detail.text('tool');
}

function what({ command, firstCall }: Listed): string {
  return [command ?? '-', ...(firstCall === null ? [] : [firstCall])].join(': ');
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
        what(session),
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
