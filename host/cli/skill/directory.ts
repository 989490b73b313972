import { HostError } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import type { Allowance } from '../../policy/gate-ports.ts';
import { NOTHING, type Permissions } from '../../policy/grants.ts';
import type { Permit } from '../../policy/permit.ts';
import { grant } from '../../skill/grants.ts';
import { asError } from '../../skill/load.ts';
import { readBundleDir } from '../../skill/read-bundle.ts';
import type { Skill } from '../../skill/skill.ts';
import type { Verified } from '../../skill/verified.ts';
import { verify, verifyDev } from '../../skill/verify.ts';
import { askerOf, type RecordedOutcome, runAction } from '../../wasi/call-skill.ts';
import { componentDeriver } from '../../wasi/derive.ts';
import type { Context } from '../context.ts';
import { openHost } from '../host.ts';
import type { CallOptions, Runs } from '../runs.ts';
import type { Session } from '../session.ts';

/** A bundle that is not installed, verified and not yet granted anything. */
export interface OpenDirectory {
  readonly verified: Verified<Skill>;
  readonly skill: Skill;
}

/** @throws HostError the refusal of verification */
export function openDirectory(context: Context, path: string, dev: boolean): OpenDirectory {
  const raw = readBundleDir(path);
  const verified = dev ? verifyDev(raw) : verify(raw, openHost(context).verifyContext(raw.name));
  if ('kind' in verified) throw asError({ ...verified, file: verified.file ?? path });
  const skill = verified.value;
  if (dev) context.out.warn(`${skill.name} runs with --dev: its signature was not looked at`);
  return { verified, skill };
}

export interface DirectoryCall extends CallOptions {
  readonly allowed: readonly Allowance[];
  readonly runs: Runs;
  readonly session: Session;
}

/**
 * Runs a skill that is not installed, with rights for this run alone. Reading what it asks to read comes with running it; what it asks
 * to write comes with the word of a person who saw it asked, or with `--allow WorkspaceWrite[:GLOB]`.
 * @throws HostError `usage` for an `--allow` that the skill does not ask for; what `run` throws; `signal.reason`
 */
export async function runDirectory(
  { verified, skill }: OpenDirectory,
  tool: string,
  input: Json,
  { allowed, runs, session, ...options }: DirectoryCall,
): Promise<RecordedOutcome> {
  const asked = skill.manifest.permissions;
  const writes = allowedWrites(asked.filesystemWrite, allowed);
  const permit = await session.gate.ask(
    runAction(skill, asked, tool),
    askerOf(skill, tool, session.caller),
    { args: input, allowed },
    options.signal,
  );
  if (permit.kind === 'denied') return permit;
  const given = givenBy(permit, asked, writes);
  const granted = grant(verified, given, await componentDeriver.derive(skill, options.signal));
  return await runs.runPermitted(granted, tool, input, permit, options);
}

/** Whoever was asked, now or before about this very bundle, saw all that it asks for; an option allows what it names. */
function givenBy({ decider }: Permit<'SkillRun'>, asked: Permissions, writes: readonly string[]): Permissions {
  const seen = decider === 'person' || decider === 'remembered';
  return {
    ...NOTHING,
    filesystemRead: asked.filesystemRead,
    filesystemWrite: seen ? asked.filesystemWrite : writes,
  };
}

/** The write globs that `--allow WorkspaceWrite[:GLOB]` covers. */
function allowedWrites(asked: readonly string[], allowed: readonly Allowance[]): readonly string[] {
  return allowed.flatMap(({ variant, pattern }) => {
    if (variant !== 'WorkspaceWrite') return [];
    if (pattern === undefined) return asked;
    if (asked.includes(pattern)) return [pattern];
    throw new HostError('usage', `--allow WorkspaceWrite:${shown(pattern, 200)}: the skill does not ask for that`, {
      remedy:
        asked.length === 0
          ? 'It asks to write nothing.'
          : `It asks to write: ${asked.map((glob) => shown(glob)).join(', ')}.`,
    });
  });
}
