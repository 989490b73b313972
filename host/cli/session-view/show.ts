import { type AuditReader, openAuditReader, type SessionSummary } from '../../audit/read.ts';
import type { Json } from '../../base/jcs.ts';
import { systemClock } from '../../base/ports.ts';
import { findSession } from '../audit/find-session.ts';
import { LineWriter } from '../audit/line-writer.ts';
import { pages } from '../audit/pages.ts';
import { rowJson, type RowView, viewRow } from '../audit/row-view.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { described, summaryJson } from './list.ts';
import { storyEnd, storyHead, storyLines } from './story.ts';

export interface ShowFlags {
  readonly full?: boolean;
}

/** `session show ID` */
export async function sessionShow(context: Context, untrusted: string, flags: ShowFlags): Promise<number> {
  using reader = openAuditReader(context.config.dataDir);
  const summary = findSession(reader, untrusted);
  if (context.out.json) context.out.result('', wholeJson(reader, summary));
  else await tell(context, reader, summary, flags.full === true);
  return EXIT.done;
}

async function tell(context: Context, reader: AuditReader, summary: SessionSummary, full: boolean): Promise<void> {
  const { style } = context;
  const lines = new LineWriter(context.stdout, context.signal);
  const print = async (texts: readonly string[]): Promise<void> => {
    for (const text of texts) await lines.line(text);
  };
  const first = reader.row(summary.firstId);
  await print(storyHead(summary, first && viewRow(first, new Map()), style, systemClock.now()));
  for (const view of views(reader, summary)) await print(storyLines(view, style, full));
  await print(storyEnd(summary, style));
  await lines.flush();
}

function wholeJson(reader: AuditReader, summary: SessionSummary): Json {
  return {
    session: summaryJson(described(reader, summary)),
    rows: [...views(reader, summary)].map(rowJson),
  };
}

function* views(reader: AuditReader, { session }: SessionSummary): Iterable<RowView> {
  for (const page of pages(reader, { session })) for (const row of page) yield viewRow(row, reader.opened(row));
}
