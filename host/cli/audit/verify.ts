import { existsSync } from 'node:fs';
import { openDatabaseSource } from '../../audit/source-database.ts';
import { type GivenCheckpoint, verifyLog } from '../../audit/verify.ts';
import { shown } from '../../base/shown.ts';
import type { Context } from '../context.ts';
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
}

/** `audit verify` */
export async function auditVerify(context: Context, flags: VerifyFlags): Promise<number> {
  return await orUnreadable(context, async () => {
    const { config, out, signal, style } = context;
    const key = verifyKey(config.dataDir, flags.key);
    const checkpoints = givenCheckpoints(context, flags.checkpoint);
    using source = openDatabaseSource(config.dataDir);
    using progress = rowProgress(context, 'verifying');
    const report = await verifyLog(source, {
      key: key.hex,
      checkpoints,
      signal,
      onProgress: (at) => progress.update(at),
    });
    progress[Symbol.dispose]();
    out.result(reportText('audit log', report, key, style), reportJson(report, key));
    return report.exitCode;
  });
}

/** The ones of the command line, and those that the config has kept elsewhere. */
function givenCheckpoints({ config, cwd, out }: Context, files: readonly string[]): readonly GivenCheckpoint[] {
  const { checkpoints } = config.audit;
  const isKept = checkpoints !== undefined && existsSync(checkpoints);
  if (isKept) out.note(`Checkpoints kept elsewhere are read from ${shown(checkpoints, 4096)}.`);
  return [...(isKept ? [checkpoints] : []), ...files].flatMap((file) => readNotes(cwd, file));
}
