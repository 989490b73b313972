import { HostError } from '../../base/error.ts';
import { NOTHING, type Permissions } from '../../policy/grants.ts';
import { shown } from '../../base/shown.ts';
import { grant, type Granted } from '../../skill/grants.ts';
import { asError } from '../../skill/load.ts';
import { readBundleDir } from '../../skill/read-bundle.ts';
import type { Skill } from '../../skill/skill.ts';
import { verify, verifyDev } from '../../skill/verify.ts';
import { componentDeriver } from '../../wasi/derive.ts';
import { askYesNo, canAsk } from '../ask-person.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import { gutter } from '../terminal/gutter.ts';
import { fingerprint } from '../../skill/ed25519.ts';
import { asksLines, trustText } from './describe.ts';

export interface RunGrants {
  readonly yes?: boolean;
  /** `VARIANT[:PATTERN]` */
  readonly allow: readonly string[];
  readonly dev?: boolean;
}

/**
 * A directory that is not installed, granted for this run alone. Reading what it asks to read comes with running it; running a skill
 * that nobody vouches for, and writing, want a person's word or its option.
 * @throws HostError the refusal of verification, or `consent-required`
 */
export async function grantDirectory(context: Context, path: string, flags: RunGrants): Promise<Granted> {
  const host = openHost(context);
  const raw = readBundleDir(path);
  const verified = flags.dev === true ? verifyDev(raw) : verify(raw, host.verifyContext(raw.name));
  if ('kind' in verified) throw asError({ ...verified, file: verified.file ?? path });
  const skill = verified.value;
  if (flags.dev === true) context.out.warn(`${skill.name} runs with --dev: its signature was not looked at`);
  const given = await givenTo(context, skill, flags);
  return grant(verified, given, await componentDeriver.derive(skill, context.signal));
}

async function givenTo(context: Context, skill: Skill, flags: RunGrants): Promise<Permissions> {
  const asked = skill.manifest.permissions;
  const writes = allowedWrites(asked.filesystemWrite, flags.allow);
  const openWrites = asked.filesystemWrite.filter((glob) => !writes.includes(glob));
  const runs =
    flags.yes === true ||
    flags.allow.includes('SkillRun') ||
    (skill.trust.kind === 'root-delegated' && asked.filesystemWrite.length === 0);
  const given = { ...NOTHING, filesystemRead: asked.filesystemRead, filesystemWrite: writes };
  if (runs && (openWrites.length === 0 || !canAsk(context))) return given;
  if (!canAsk(context)) throw consentRequired(skill);
  const yes = await askYesNo(context, questionLines(context, skill), `Run ${skill.name} with these rights, this once?`);
  if (!yes) throw new HostError('consent-required', `${skill.name} was not run: you said no`);
  return { ...given, filesystemWrite: asked.filesystemWrite };
}

/** The write globs that `--allow WorkspaceWrite[:GLOB]` covers. @throws HostError `usage` for a variant that does not exist here */
function allowedWrites(asked: readonly string[], allow: readonly string[]): readonly string[] {
  return allow.flatMap((entry) => {
    const [variant = '', ...rest] = entry.split(':');
    const pattern = rest.length === 0 ? undefined : rest.join(':');
    if (variant === 'SkillRun' || variant === 'WorkspaceRead') return [];
    if (variant !== 'WorkspaceWrite') {
      throw new HostError('usage', `--allow ${shown(entry, 80)}: there is no such variant to allow here`, {
        remedy: 'There are SkillRun, WorkspaceRead and WorkspaceWrite[:GLOB].',
      });
    }
    if (pattern === undefined) return asked;
    if (asked.includes(pattern)) return [pattern];
    throw new HostError('usage', `--allow ${shown(entry, 200)}: the skill does not ask for that`, {
      remedy:
        asked.length === 0
          ? 'It asks to write nothing.'
          : `It asks to write: ${asked.map((glob) => shown(glob)).join(', ')}.`,
    });
  });
}

function consentRequired(skill: Skill): HostError {
  const writes = skill.manifest.permissions.filesystemWrite.length > 0 ? ' --allow WorkspaceWrite' : '';
  return new HostError(
    'consent-required',
    `${skill.name} is ${trustText(skill.trust)}, and there is nobody to ask whether it may run`,
    {
      remedy: `If you trust it, say so with --yes${writes} before its name.`,
    },
  );
}

function questionLines({ noteStyle: style }: Context, skill: Skill): readonly string[] {
  return [
    `${style.bold(skill.name)} ${skill.manifest.version ?? '(no version)'}: ${style.warn(trustText(skill.trust))}`,
    ...(skill.key === undefined ? [] : [`signed by ${fingerprint(skill.key)}…  whole key ${skill.key}`]),
    gutter(skill.manifest.description, style),
    'asks for:',
    ...asksLines(skill.manifest.permissions).map((line) => `  ${line}`),
  ];
}
