import { type Exported, exportRows } from '../../audit/export.ts';
import { openAuditReader } from '../../audit/read.ts';
import { openDatabaseSource } from '../../audit/source-database.ts';
import { systemClock } from '../../base/ports.ts';
import { shown } from '../../base/shown.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { between, type Span } from './between.ts';
import { counted } from './counted.ts';
import { findSession } from './find-session.ts';
import { LineWriter } from './line-writer.ts';
import { openOutFile, writeOutFile } from './out-file.ts';
import { parseTime } from './time.ts';

export interface ExportFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly session?: string;
  readonly since?: string;
  readonly until?: string;
  readonly withOpenings?: boolean;
  readonly checkpoint?: string;
}

type Write = (lines: string) => void | Promise<void>;

/** `audit export` */
export async function auditExport(context: Context, flags: ExportFlags): Promise<number> {
  const session = flags.session === undefined ? undefined : sessionOf(context, flags.session);
  const span = spanOf(flags);
  const { out, cwd } = context;
  const run = async (write: Write): Promise<Exported> => await exportTo(context, write, flags, session, span);
  let exported: Exported;
  if (flags.out === undefined) {
    const lines = new LineWriter(context.stdout, context.signal);
    exported = await run(async (text) => await lines.write(text));
    await lines.flush();
  } else {
    using file = openOutFile(cwd, flags.out, flags.force === true);
    exported = await run((text) => file.write(text));
    file.done();
  }
  const checkpoint = span === undefined ? exported.checkpoint : undefined;
  if (flags.checkpoint !== undefined) {
    if (checkpoint === undefined) out.warn('there is no checkpoint over this export; the file was not written');
    else writeOutFile(cwd, flags.checkpoint, flags.force === true, checkpoint);
  }
  const done = `Exported ${counted(exported.rows, 'row')}.`;
  if (flags.out === undefined) out.note(done);
  else {
    out.result(`${done.slice(0, -1)} to ${shown(flags.out, 4096)}.`, {
      ok: true,
      file: flags.out,
      rows: exported.rows,
      checkpoint: checkpoint ?? null,
    });
  }
  out.note(howToVerify(flags, session, span));
  return EXIT.done;
}

async function exportTo(
  { config, signal }: Context,
  write: Write,
  { withOpenings }: ExportFlags,
  session: string | undefined,
  span: Span | undefined,
): Promise<Exported> {
  using whole = openDatabaseSource(config.dataDir);
  return await exportRows(span === undefined ? whole : between(whole, span), write, {
    withOpenings: withOpenings === true,
    signal,
    ...(session === undefined ? {} : { session }),
  });
}

function sessionOf({ config }: Context, untrusted: string): string {
  using reader = openAuditReader(config.dataDir);
  return findSession(reader, untrusted).session;
}

function spanOf({ since, until }: ExportFlags): Span | undefined {
  if (since === undefined && until === undefined) return undefined;
  const now = systemClock.now();
  return {
    since: since === undefined ? undefined : parseTime(since, now),
    until: until === undefined ? undefined : parseTime(until, now),
  };
}

function howToVerify({ out }: ExportFlags, session: string | undefined, span: Span | undefined): string {
  if (span !== undefined) {
    return 'A part of a log does not verify by itself: the rows before it are missing. Single rows can be proved: wirken audit prove ROW';
  }
  const file = out === undefined ? 'FILE' : shown(out, 4096);
  const which = session === undefined ? '' : ` --session ${session}`;
  return `It verifies with the key of this log (wirken audit key): wirken audit verify --export ${file}${which} --key HEX`;
}
