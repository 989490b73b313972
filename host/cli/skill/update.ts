import { update, type Updated } from '../../skill/update.ts';
import { ensureDataDir } from '../../config.ts';
import { installSession } from '../consent.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT, faultOf, faultText } from '../output.ts';
import { installedJson, installedText, installOptions, type InstallFlags } from './install.ts';
import { requireSkillName } from './info.ts';
import { installedRow, refusedRow } from './install-row.ts';

export async function skillUpdate(
  context: Context,
  untrusted: string | undefined,
  flags: InstallFlags,
): Promise<number> {
  ensureDataDir(context.config.dataDir);
  const name = untrusted === undefined ? undefined : requireSkillName(untrusted);
  const { session, consent } = installSession(context, 'skill update');
  await using _session = session;
  const host = openHost(context, consent);
  const all = await update(name, host.install, installOptions(flags), context.signal);
  for (const one of all) {
    if (one.outcome.kind === 'installed') await session.noteIfPossible(installedRow(one.outcome));
    if (one.outcome.kind === 'refused') await session.noteIfPossible(refusedRow(one.outcome, one.name));
  }
  const failed = all.filter(({ outcome }) => outcome.kind === 'refused' || outcome.kind === 'failed');
  for (const one of failed) context.out.note(`${one.name}: ${faultText(faultOfUpdate(one))}`);
  context.out.result(
    all.length === 0
      ? 'Nothing is installed; what came with wirken is updated with it.'
      : all.flatMap(({ outcome }) => ('entry' in outcome ? [installedText(outcome)] : [])).join('\n'),
    {
      ok: failed.length === 0,
      skills: all.map((one) =>
        'entry' in one.outcome
          ? installedJson(one.outcome)
          : { ok: false, name: one.name, error: { ...faultOfUpdate(one) } },
      ),
    },
  );
  return failed.length === 0 ? EXIT.done : EXIT.refused;
}

function faultOfUpdate({ outcome }: Updated): {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
} {
  if (outcome.kind === 'refused') return { code: outcome.code, message: outcome.message, remedy: outcome.remedy };
  if (outcome.kind !== 'failed') throw new TypeError('this update did not fail');
  const { code, message, remedy } = faultOf(outcome.error);
  return { code, message, remedy: remedy ?? '' };
}
