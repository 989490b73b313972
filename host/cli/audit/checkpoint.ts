import { randomFillSync } from 'node:crypto';
import { openDatabase } from '../../audit/database.ts';
import { openAuditLog } from '../../audit/log.ts';
import { systemClock } from '../../base/ports.ts';
import { shown } from '../../base/shown.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { writeOutFile } from './out-file.ts';

export interface CheckpointFlags {
  readonly out?: string;
  readonly force?: boolean;
}

/** `audit checkpoint` */
export async function auditCheckpoint(context: Context, flags: CheckpointFlags): Promise<number> {
  const { config, cwd, out } = context;
  const { dataDir } = config;
  // A log is not begun by this.
  openDatabase(dataDir, { readonly: true }).close();
  await using log = openAuditLog({
    dataDir,
    clock: systemClock,
    random: { fill: (bytes) => void randomFillSync(bytes) },
    onNotice: (line) => out.warn(line),
  });
  const note = await log.checkpoint();
  if (flags.out === undefined) {
    out.result(note, { ok: true, note });
    out.note(
      'Keep it where whoever can change this log cannot: `wirken audit verify --checkpoint FILE` shows with it a log that was cut off, rolled back or exchanged.',
    );
    return EXIT.done;
  }
  writeOutFile(cwd, flags.out, flags.force === true, note);
  out.result(`Wrote the checkpoint to ${shown(flags.out, 4096)}. Keep it where whoever can change this log cannot.`, {
    ok: true,
    file: flags.out,
    note,
  });
  return EXIT.done;
}
