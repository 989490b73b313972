import { memberAt } from '../../audit/commitment.ts';
import { openAuditReader } from '../../audit/read.ts';
import { type Redacted, redact } from '../../audit/redact.ts';
import { planRedaction, type RedactionPlan, type RedactionSelector } from '../../audit/redact-plan.ts';
import { HostError } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import { systemClock } from '../../base/ports.ts';
import { askWord, canAsk } from '../ask-person.ts';
import type { Context } from '../context.ts';
import { EXIT, faultJson, faultText, widthOf } from '../output.ts';
import { quietSession } from '../session.ts';
import { tableLines } from '../terminal/table.ts';
import { bytesText } from './bytes-text.ts';
import { counted } from './counted.ts';
import { findSession, shortSession } from './find-session.ts';
import { numberFlag } from './number-flag.ts';
import { localTime, parseTime } from './time.ts';

export interface RedactFlags {
  readonly session?: string;
  readonly row: readonly string[];
  readonly before?: string;
  readonly member: readonly string[];
  readonly reason?: string;
  readonly yes?: boolean;
}

const MAX_SHOWN = 40;
const NO_REASON = 'no reason given';

/** `audit redact` */
export async function auditRedact(context: Context, flags: RedactFlags): Promise<number> {
  const { out } = context;
  const plan = planOf(context, flags);
  const lines = planLines(context, plan);
  if (plan.openings.length === 0) {
    // What an interrupted redaction has left in the files is removed all the same.
    await remove(context, plan, flags);
    out.result(lines.join('\n'), { ok: true, ...planJson(plan), redacted: null });
    return EXIT.done;
  }
  if (flags.yes !== true && !canAsk(context)) return refuse(context, plan, lines);
  if (flags.yes !== true) {
    const question = `Remove ${counted(plan.openings.length, 'value')} for ever?`;
    if (!(await askWord(context, lines, 'redact', question))) {
      out.note('Nothing was removed.');
      return EXIT.refused;
    }
  } else for (const line of lines) out.note(line);
  const removed = await remove(context, plan, flags);
  out.result(
    `Removed ${counted(removed.openings, 'value')} and ${counted(removed.blobs, 'blob')}. The rows stay, and the chain verifies: wirken audit verify\nCopies that were exported or forwarded are out of reach.`,
    { ok: true, ...planJson(plan), redacted: { values: removed.openings, blobs: removed.blobs } },
  );
  return EXIT.done;
}

function planOf(context: Context, flags: RedactFlags): RedactionPlan {
  if (flags.session === undefined && flags.row.length === 0 && flags.before === undefined) {
    throw new HostError('usage', 'a redaction names what it removes', {
      remedy: 'Give --session, --row or --before.',
    });
  }
  const ids = flags.row.map((row) => numberFlag('--row', row, 1));
  const before = flags.before === undefined ? undefined : parseTime(flags.before, systemClock.now());
  using reader = openAuditReader(context.config.dataDir);
  const missing = ids.find((id) => reader.row(id) === undefined);
  if (missing !== undefined) throw new HostError('not-found', `there is no row ${missing} in the audit log`);
  const selector: RedactionSelector = {
    ...(flags.session === undefined ? {} : { session: findSession(reader, flags.session).session }),
    ...(ids.length === 0 ? {} : { ids }),
    ...(before === undefined ? {} : { before }),
    ...(flags.member.length === 0 ? {} : { members: flags.member }),
  };
  return planRedaction(reader.db, selector);
}

/** Nobody there to ask: what would go is shown, and stays. */
function refuse({ out, noteStyle }: Context, plan: RedactionPlan, lines: readonly string[]): number {
  const fault = {
    code: 'consent-required',
    message: 'nothing was removed: there is nobody to ask',
    remedy: 'Run it on a terminal, or with --yes.',
  };
  const failure = faultJson(fault);
  out.result(lines.join('\n'), { ...planJson(plan), ...(isObject(failure) ? failure : {}) });
  out.note(noteStyle.warn(faultText(fault)));
  return EXIT.refused;
}

async function remove(context: Context, plan: RedactionPlan, { reason }: RedactFlags): Promise<Redacted> {
  await using session = quietSession(context, 'audit redact');
  return await redact({
    dataDir: context.config.dataDir,
    plan,
    reason: reason ?? NO_REASON,
    sink: session,
    session: session.caller.session,
  });
}

function planLines(context: Context, { openings, rows, bytes, blobs, sharedBlobs }: RedactionPlan): readonly string[] {
  if (openings.length === 0) return ['There is nothing to remove: no value of these rows is kept.'];
  const table = tableLines(
    {
      header: ['row', 'session', 'when', 'action', 'member', 'size'],
      rows: openings
        .slice(0, MAX_SHOWN)
        .map(({ id, session, ts, action, pointer, bytes }) => [
          String(id),
          shortSession(session),
          localTime(ts),
          action,
          memberAt(pointer) ?? pointer,
          bytesText(bytes),
        ]),
      sides: ['right', undefined, undefined, undefined, undefined, 'right'],
      ...widthOf(context),
    },
    context.noteStyle,
  );
  const left = openings.length - MAX_SHOWN;
  const shared =
    sharedBlobs === 0 ? '' : `; ${counted(sharedBlobs, 'blob')} more will stay, for other rows refer to the same`;
  return [
    ...table,
    ...(left > 0 ? [`… and ${left} more`] : []),
    `This removes ${counted(openings.length, 'value')} of ${counted(rows, 'row')}, ${bytesText(bytes)}, and ${counted(blobs, 'blob')}${shared}. Nobody can bring them back. What else the rows say stays.`,
  ];
}

function planJson({ openings, rows, bytes, blobs, sharedBlobs }: RedactionPlan): { readonly [member: string]: Json } {
  return {
    plan: {
      values: openings.length,
      rows,
      bytes,
      blobs,
      shared_blobs: sharedBlobs,
      openings: openings.map(({ id, session, action, ts, pointer, bytes }) => ({
        id,
        session,
        action,
        ts,
        pointer,
        bytes,
      })),
    },
  };
}

function isObject(value: Json): value is { readonly [member: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
