import { type AuditReader, openAuditReader } from '../../audit/read.ts';
import { replaySession } from '../../audit/replay/session.ts';
import type { ReplayRow } from '../../audit/replay/row.ts';
import type { ReplayReport } from '../../audit/replay/report.ts';
import { openDatabaseSource } from '../../audit/source-database.ts';
import { type AuditReport, verifyLog } from '../../audit/verify.ts';
import { FINDING_CLASS } from '../../audit/verify/finding.ts';
import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { counted } from '../audit/counted.ts';
import { findSession } from '../audit/find-session.ts';
import { pages } from '../audit/pages.ts';
import { orUnreadable } from '../audit/unreadable.ts';
import { findingJson } from '../audit/verify-json.ts';
import { type VerifyKey, verifyKey } from '../audit/verify-key.ts';
import { rowProgress } from '../audit/verify-progress.ts';
import { findingLines } from '../audit/verify-text.ts';
import type { Context } from '../context.ts';
import type { Style } from '../terminal/style.ts';
import { exitOf, joinReports } from './joined-report.ts';
import { LocalReplay } from './replay-ports.ts';

export interface SessionVerifyFlags {
  readonly key?: string;
}

interface Verified {
  readonly session: string;
  readonly key: VerifyKey;
  readonly events: ReplayReport;
  readonly chain: AuditReport;
}

/** `session verify ID` */
export async function sessionVerify(context: Context, untrusted: string, flags: SessionVerifyFlags): Promise<number> {
  return await orUnreadable(context, async () => {
    const key = verifyKey(context.config.dataDir, flags.key);
    using reader = openAuditReader(context.config.dataDir);
    const { session } = findSession(reader, untrusted);
    const chain = await verifyChain(context, session, key);
    const replay = await makeAgain(context, reader, session, chain.rows);
    const events = joinReports(replay, chain, (id) => reader.row(id)?.action ?? '?');
    const verified = { session, key, events, chain };
    context.out.result(text(verified, context.style), json(verified));
    return exitOf(events, chain);
  });
}

async function verifyChain(context: Context, session: string, key: VerifyKey): Promise<AuditReport> {
  using source = openDatabaseSource(context.config.dataDir);
  using progress = rowProgress(context, 'hashes');
  return await verifyLog(source, {
    key: key.hex,
    session,
    signal: context.signal,
    onProgress: (at) => progress.update(at),
  });
}

async function makeAgain(context: Context, reader: AuditReader, session: string, rows: number): Promise<ReplayReport> {
  await using local = new LocalReplay(context, reader);
  using progress = rowProgress(context, 'replay');
  return await replaySession(replayRows(reader, session), local.ports, context.signal, (events) =>
    progress.update({ rows: events, of: rows }),
  );
}

function* replayRows(reader: AuditReader, session: string): Iterable<ReplayRow> {
  for (const page of pages(reader, { session })) for (const row of page) yield { ...row, opened: reader.opened(row) };
}

function text({ session, key, events, chain }: Verified, style: Style): string {
  const { events_unverifiable: doubtful, events_divergent: divergent } = events;
  const broken = brokenOf(chain);
  const { unattested } = chain;
  return [
    style.bold(`session ${shown(session, 130)}`),
    `events_total: ${events.events_total}`,
    `events_verified: ${events.events_verified}`,
    `events_unverifiable: ${doubtful.length}`,
    ...doubtful.map(
      ({ id, seq, action, why }) => `  row ${id} (${seq} of the session, ${shown(action, 40)}): ${shown(why, 1000)}`,
    ),
    `events_divergent: ${divergent.length}`,
    ...divergent.map(
      ({ id, seq, action, reason }) =>
        `  ${style.bad(`row ${id}`)} (${seq} of the session, ${shown(action, 40)}): ${shown(reason, 1000)}`,
    ),
    broken === 0
      ? `chain: ${style.good('OK')} (${chain.rows} rows)`
      : `chain: ${style.bad('BROKEN')} (${chain.rows} rows, ${counted(broken, 'finding')})`,
    ...findingLines(chain, style).map((line) => `  ${line}`),
    ...(unattested.rows === 0
      ? []
      : [`${style.warn('not yet attested')}: ${counted(unattested.rows, 'row')}, no head stands over them`]),
    ...(key.source === 'given' ? [] : [`key: ${key.hex}, pinned beside the log; --key takes one from elsewhere`]),
  ].join('\n');
}

function json({ session, key, events, chain }: Verified): Json {
  const broken = brokenOf(chain);
  return {
    session,
    events_total: events.events_total,
    events_verified: events.events_verified,
    events_unverifiable: events.events_unverifiable.map(({ id, seq, action, why }) => ({ id, seq, action, why })),
    events_divergent: events.events_divergent.map(({ id, seq, action, reason }) => ({ id, seq, action, reason })),
    chain: {
      ok: broken === 0,
      text: broken === 0 ? `OK (${chain.rows} rows)` : `BROKEN (${chain.rows} rows)`,
      rows: chain.rows,
      heads: chain.heads,
      unattested_rows: chain.unattested.rows,
      findings: chain.findings.map(findingJson),
    },
    key: key.hex,
    key_source: key.source,
    ok: exitOf(events, chain) === 0,
  };
}

/** Findings about hashes and heads, not about what is kept beside them. */
function brokenOf({ counts }: AuditReport): number {
  return [...counts].reduce((sum, [kind, count]) => sum + (FINDING_CLASS[kind] === 'divergent' ? 0 : count), 0);
}
