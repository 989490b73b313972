import { type AuditReader, openAuditReader } from '../../audit/read.ts';
import type { RowFilter } from '../../audit/row-filter.ts';
import { shownJson } from '../../base/shown.ts';
import { systemClock } from '../../base/ports.ts';
import type { AuditRow } from '../../policy/event.ts';
import type { Context } from '../context.ts';
import { EXIT, widthOf } from '../output.ts';
import { findSession } from './find-session.ts';
import { followLog } from './follow.ts';
import { LineWriter } from './line-writer.ts';
import { type FilterFlags, filterOf } from './log-filter.ts';
import { logLine } from './log-line.ts';
import { numberFlag } from './number-flag.ts';
import { beforeLast, pages } from './pages.ts';
import { rowJson, viewRow } from './row-view.ts';

export interface LogFlags extends FilterFlags {
  readonly limit?: string;
  readonly follow?: boolean;
}

/** How many rows `--follow` begins with. */
const FOLLOWED_ROWS = 10;

/** `audit log` */
export async function auditLog(context: Context, flags: LogFlags): Promise<number> {
  const filter = filterOf(flags, systemClock.now());
  const limit = flags.limit === undefined ? undefined : numberFlag('--limit', flags.limit, 0);
  const printer = new RowPrinter(context);
  if (flags.follow === true) {
    await followLog(context, {
      first: (reader) => start(reader, flags, filter, limit ?? FOLLOWED_ROWS),
      rows: async (reader, from) => await printer.print(reader, from),
    });
    return EXIT.done;
  }
  using reader = openAuditReader(context.config.dataDir);
  const from = limit === undefined ? withSession(reader, flags, filter) : start(reader, flags, filter, limit);
  await printer.print(reader, from);
  return EXIT.done;
}

/** The last `count` rows, and what comes after them. */
function start(reader: AuditReader, flags: LogFlags, filter: RowFilter, count: number): RowFilter {
  const from = withSession(reader, flags, filter);
  return { ...from, afterId: beforeLast(reader, from, count) };
}

function withSession(reader: AuditReader, { session }: LogFlags, filter: RowFilter): RowFilter {
  return session === undefined ? filter : { ...filter, session: findSession(reader, session).session };
}

class RowPrinter {
  readonly #context: Context;
  readonly #lines: LineWriter;
  readonly #columns: number | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#lines = new LineWriter(context.stdout, context.signal);
    this.#columns = widthOf(context).columns;
  }

  /** Answers the id of the last row that it printed; where it began, without one. */
  async print(reader: AuditReader, from: RowFilter): Promise<number> {
    let last = from.afterId ?? 0;
    for (const page of pages(reader, from)) {
      for (const row of page) {
        await this.#lines.line(this.#text(reader, row));
        last = row.id;
      }
      await this.#lines.flush();
    }
    return last;
  }

  #text(reader: AuditReader, row: AuditRow): string {
    const { out, style } = this.#context;
    if (!out.json) return logLine(viewRow(row, new Map()), style, this.#columns);
    return shownJson(JSON.stringify(rowJson(viewRow(row, reader.opened(row)))));
  }
}
