import { install, type Installed, type Unchanged } from '../../skill/install.ts';
import { diffLines } from '../../skill/diff.ts';
import { shown } from '../../base/shown.ts';
import { ensureDataDir } from '../../config.ts';
import { installSession } from '../consent.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { EXIT } from '../output.ts';
import { asksLines, permissionsJson, skillJson, trustText } from './describe.ts';
import { installedRow, refusedRow } from './install-row.ts';
import { printRefusal } from './refusal.ts';

export interface InstallFlags {
  readonly yes?: boolean;
  readonly grant?: readonly string[];
  readonly acceptNewKey?: boolean;
  readonly allowDowngrade?: boolean;
}

export async function skillInstall(context: Context, source: string, flags: InstallFlags): Promise<number> {
  ensureDataDir(context.config.dataDir);
  const { session, consent } = installSession(context, 'skill install');
  await using _session = session;
  const host = openHost(context, consent);
  const outcome = await install(source, context.cwd, host.install, installOptions(flags), context.signal);
  if (outcome.kind === 'refused') {
    await session.noteIfPossible(refusedRow(outcome, source));
    return printRefusal(context, outcome, source);
  }
  if (outcome.kind === 'installed') await session.noteIfPossible(installedRow(outcome));
  context.out.result(installedText(outcome), installedJson(outcome));
  return EXIT.done;
}

/** Options that were not given are not passed on: an empty `--grant` list is no decision. */
export function installOptions(flags: InstallFlags): InstallFlags {
  return {
    ...(flags.yes === true ? { yes: true } : {}),
    ...(flags.grant === undefined || flags.grant.length === 0 ? {} : { grant: flags.grant }),
    ...(flags.acceptNewKey === true ? { acceptNewKey: true } : {}),
    ...(flags.allowDowngrade === true ? { allowDowngrade: true } : {}),
  };
}

export function installedText(outcome: Installed | Unchanged): string {
  const { skill, entry } = outcome;
  const name = `${skill.name}${skill.manifest.version === undefined ? '' : ` ${skill.manifest.version}`}`;
  if (outcome.kind === 'unchanged') return `${name} is installed already, this very bundle.`;
  const changed = outcome.previous === undefined ? [] : diffLines(outcome.diff).map((line) => `  ${shown(line)}`);
  return [
    `${outcome.previous === undefined ? 'Installed' : 'Updated to'} ${name}: ${trustText(skill.trust)}`,
    ...(changed.length === 0 ? [] : ['asks for, against the version before:', ...changed]),
    `granted: ${asksLines(entry.grants.given).join(', ')}`,
    skill.manifest.tools.length === 0
      ? `Next: wirken skill info ${skill.name}`
      : `Next: wirken skill run ${skill.name}, or /${skill.name} in \`wirken chat\``,
  ].join('\n');
}

export function installedJson(outcome: Installed | Unchanged) {
  return {
    ok: true,
    status: outcome.kind,
    ...skillJson(outcome.skill),
    granted: permissionsJson(outcome.entry.grants.given),
  };
}
