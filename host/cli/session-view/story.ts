import type { SessionSummary } from '../../audit/read.ts';
import { shown } from '../../base/shown.ts';
import type { RowView } from '../audit/row-view.ts';
import { ago, clockTime, duration, localTime } from '../audit/time.ts';
import type { Style } from '../terminal/style.ts';
import { displayWidth } from '../terminal/width.ts';
import { isAttested } from './list.ts';
import { memberLines } from './member-lines.ts';
import { storyEntry } from './story-entry.ts';

const LABEL_COLUMNS = 9;
const FACT_COLUMNS = 12;
/** Under the labels: a time with milliseconds and a gap stand before them. */
const INDENT = ' '.repeat(14);

/** Who asked for what, and when. @param first its first row */
export function storyHead(
  summary: SessionSummary,
  first: RowView | undefined,
  style: Style,
  nowMs: number,
): readonly string[] {
  const { session, firstTs, lastTs, firstId, lastId, channel, rows, ended } = summary;
  const detail = first?.row.action === 'session.start' ? first.detail : undefined;
  const spanMs = Math.max(0, Date.parse(lastTs) - Date.parse(firstTs));
  const end = ended ? `ended after ${duration(spanMs)}` : 'not ended';
  return [
    style.bold(`Session ${shown(session, 130)}`),
    line(
      'asked by',
      `${detail?.optional('person') ?? 'unknown'}, channel ${shown(channel ?? '-', 130)}${agentOf(detail?.optional('agent'))}`,
    ),
    line('command', detail?.optional('command') ?? 'unknown'),
    line('began', `${localTime(firstTs)}, ${ago(firstTs, nowMs)}; ${end}`),
    line('rows', `${rows}, ${firstId} to ${lastId} of the log`),
    '',
  ];
}

/** One row; nothing for what the head and the end of the story tell. */
export function storyLines({ row, detail, opened }: RowView, style: Style, full: boolean): readonly string[] {
  const entry = storyEntry(row.action, detail, style);
  if (entry === undefined) return [];
  const pad = ' '.repeat(Math.max(0, LABEL_COLUMNS - displayWidth(entry.label)));
  return [
    `${style.dim(clockTime(row.ts, true))}  ${style.bold(entry.label)}${pad} ${entry.title}`,
    ...entry.facts.map(([name, text]) => `${INDENT}${style.dim(name.padEnd(FACT_COLUMNS))}${text}`),
    ...[...opened].flatMap(([member, value]) =>
      memberLines(member, value, style, full).map((text) => `${INDENT}${text}`),
    ),
  ];
}

/** What the signatures of the log cover; that they hold is for `session verify` to say. */
export function storyEnd(summary: SessionSummary, style: Style): readonly string[] {
  const { rows, attestedSeq } = summary;
  const text = isAttested(summary)
    ? `Attested: all ${rows} rows stand under signed heads.`
    : attestedSeq === 0
      ? style.warn(`Not yet attested: no head stands over these ${rows} rows.`)
      : style.warn(`Not yet attested: rows ${attestedSeq + 2} to ${rows}; a head stands over the ones before.`);
  return ['', `${text} Nothing was verified for this view: wirken session verify ${shown(summary.session, 130)}`];
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(FACT_COLUMNS - 2)}${text}`;
}

function agentOf(agent: string | undefined): string {
  return agent === undefined ? '' : `, agent ${agent}`;
}
