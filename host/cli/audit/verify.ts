import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openAuditReader } from '../../audit/read.ts';
import type { RowSource } from '../../audit/source.ts';
import { openExportSource } from '../../audit/source-export.ts';
import { openDatabaseSource } from '../../audit/source-database.ts';
import { type GivenCheckpoint, verifyLog } from '../../audit/verify.ts';
import { shown } from '../../base/shown.ts';
import type { Context } from '../context.ts';
import { findSession } from './find-session.ts';
import { readNotes } from './read-notes.ts';
import { orUnreadable } from './unreadable.ts';
import { reportJson } from './verify-json.ts';
import { verifyKey } from './verify-key.ts';
import { rowProgress } from './verify-progress.ts';
import { reportText } from './verify-text.ts';

export interface VerifyFlags {
  readonly key?: string;
  readonly checkpoint: readonly string[];
  readonly export?: string;
  readonly session?: string;
}

/** `audit verify` */
export async function auditVerify(context: Context, flags: VerifyFlags): Promise<number> {
  return await orUnreadable(context, async () => {
    const { config, out, signal, style } = context;
    const key = verifyKey(config.dataDir, flags.key);
    const checkpoints = givenCheckpoints(context, flags.checkpoint, flags.export === undefined);
    using source = flags.export === undefined ? openDatabaseSource(config.dataDir) : openExport(context, flags.export);
    const session = flags.session === undefined ? undefined : sessionOf(context, flags.session, flags.export);
    using progress = rowProgress(context, 'verifying');
    const report = await verifyLog(source, {
      key: key.hex,
      checkpoints,
      ...(session === undefined ? {} : { session }),
      signal,
      onProgress: (at) => progress.update(at),
    });
    progress[Symbol.dispose]();
    out.result(
      reportText(flags.export === undefined ? 'audit log' : 'export', report, key, style),
      reportJson(report, key),
    );
    return report.exitCode;
  });
}

function openExport({ cwd }: Context, file: string): RowSource {
  return openExportSource(resolve(cwd, file));
}

/** In an export only a whole id can be looked for. */
function sessionOf({ config }: Context, untrusted: string, file: string | undefined): string {
  if (file !== undefined) return untrusted;
  using reader = openAuditReader(config.dataDir);
  return findSession(reader, untrusted).session;
}

/** The ones of the command line, and those that the config has kept elsewhere. */
function givenCheckpoints(
  { config, cwd, out }: Context,
  files: readonly string[],
  isOwn: boolean,
): readonly GivenCheckpoint[] {
  // What this machine keeps elsewhere is of its own log.
  const checkpoints = isOwn ? config.audit.checkpoints : undefined;
  const isKept = checkpoints !== undefined && existsSync(checkpoints);
  if (isKept) out.note(`Checkpoints kept elsewhere are read from ${shown(checkpoints, 4096)}.`);
  return [...(isKept ? [checkpoints] : []), ...files].flatMap((file) => readNotes(cwd, file));
}
