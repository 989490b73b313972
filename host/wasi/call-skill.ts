import { HostError } from '../base/error.ts';
import type { ActionOf, Asker } from '../policy/action.ts';
import type { AuditSink, Detail } from '../policy/event.ts';
import type { Asks, AskOptions, Denied } from '../policy/gate-ports.ts';
import { namedLists, type Permissions } from '../policy/grants.ts';
import type { Permit } from '../policy/permit.ts';
import type { Granted } from '../skill/grants.ts';
import { publisherOf } from '../skill/owner.ts';
import type { Skill } from '../skill/skill.ts';
import { journalMembers, resultOf } from './skill-result.ts';
import { checkCall, limitsOf, run, type RunPorts, type SkillCall, type SkillOutcome } from './run.ts';

/** Who asks for the call; the skill and its tool are added here. */
export type Caller = Omit<Asker, 'skill' | 'tool'>;

/** What a recorded call needs besides what a run needs. */
export interface RecordedPorts extends RunPorts {
  readonly gate: Asks;
  readonly audit: AuditSink;
  readonly caller: Caller;
  readonly options: Omit<AskOptions, 'args'>;
  /** Told when a call that needs no leave went on although the log could not be written. */
  readonly onUnrecorded: (error: HostError) => void;
}

export type RecordedOutcome = SkillOutcome | Denied<'SkillRun'>;

/**
 * One tool call, as everything but a test makes it: arguments checked, leave asked for, `skill.call` in the log before the skill runs,
 * `skill.result` behind it.
 * @throws HostError `arguments-invalid`, `tool-unknown` and the like before anything is asked; `audit-unwritable` where the call
 *   wanted leave; `signal.reason`
 */
export async function callSkill(
  granted: Granted,
  call: SkillCall,
  ports: RecordedPorts,
  signal: AbortSignal,
): Promise<RecordedOutcome> {
  checkCall(granted, call);
  const asker = askerOf(granted.skill, call.tool, ports.caller);
  const action = runAction(granted.skill, granted.permissions, call.tool);
  const permit = await ports.gate.ask(action, asker, { ...ports.options, args: call.input }, signal);
  if (permit.kind === 'denied') return permit;
  return await runRecorded(granted, call, permit, ports, signal);
}

/** The same, once the gate has said yes. */
export async function runRecorded(
  granted: Granted,
  call: SkillCall,
  permit: Permit<'SkillRun'>,
  ports: Omit<RecordedPorts, 'gate' | 'options'>,
  signal: AbortSignal,
): Promise<SkillOutcome> {
  const seq = await record(permit, ports, {
    detail: callDetail(granted, call.tool, ports),
    // As the skill gets it: the text is the same whatever its numbers and characters are.
    redactable: { input: JSON.stringify(call.input) },
    action: 'skill.call',
  });
  let outcome: SkillOutcome;
  try {
    outcome = await run(granted, { journal: {}, ...call }, permit, ports, signal);
  } catch (error) {
    const code = error instanceof HostError ? error.code : signal.aborted ? 'cancelled' : 'internal';
    await record(permit, ports, { action: 'skill.result', detail: { call: seq, outcome: 'failed', code } });
    throw error;
  }
  await record(permit, ports, { action: 'skill.result', ...resultRow(seq, outcome) });
  return outcome;
}

/** What leave is asked for; `permissions` is what the skill would get. */
export function runAction(skill: Skill, permissions: Permissions, tool: string): ActionOf<'SkillRun'> {
  return {
    kind: 'SkillRun',
    skill: skill.name,
    tool,
    digest: skill.digest,
    trust: skill.trust.kind,
    asks: {
      write: permissions.filesystemWrite.length > 0,
      network: permissions.networkHosts.length > 0,
      secrets: permissions.secrets.length > 0,
    },
  };
}

export function askerOf(skill: Skill, tool: string, caller: Caller): Asker {
  return {
    ...caller,
    tool,
    skill: { name: skill.name, digest: skill.digest, publisher: publisherOrDev(skill), trust: skill.trust.kind },
  };
}

/** Under `--dev` nobody signed. */
function publisherOrDev(skill: Skill): string {
  return skill.key === undefined ? 'dev' : publisherOf(skill);
}

interface Entry {
  readonly action: 'skill.call' | 'skill.result';
  readonly detail: Detail;
  readonly redactable?: Detail;
  readonly blobs?: readonly Uint8Array[];
}

/** Answers the row's sequence number, 0 when there is none. */
async function record(
  { action: { trust, asks } }: Permit<'SkillRun'>,
  { audit, caller, onUnrecorded }: Pick<RecordedPorts, 'audit' | 'caller' | 'onUnrecorded'>,
  entry: Entry,
): Promise<number> {
  try {
    const row = await audit.append({
      session: caller.session,
      actor: 'skill.runner',
      channel: caller.channel,
      ...entry,
    });
    return row.seq;
  } catch (error) {
    const free = trust === 'root-delegated' && !asks.write && !asks.network && !asks.secrets;
    if (!(error instanceof HostError) || !free) throw error;
    onUnrecorded(error);
    return 0;
  }
}

function callDetail(granted: Granted, tool: string, { ceilings }: Pick<RunPorts, 'ceilings'>): Detail {
  const { skill, permissions } = granted;
  const limits = limitsOf(granted, ceilings);
  return {
    skill: skill.name,
    tool,
    digest: skill.digest,
    publisher: publisherOrDev(skill),
    trust: skill.trust.kind,
    permissions: namedLists(permissions),
    limits: {
      memory_bytes: limits.memoryBytes,
      wall_time_ms: limits.wallTimeMs,
      output_bytes: limits.outputBytes,
    },
  };
}

/** The whole row: also what only this machine and this time made of the call. */
function resultRow(call: number, outcome: SkillOutcome): Omit<Entry, 'action'> {
  const { detail, redactable } = resultOf(outcome);
  if (!('usage' in outcome)) return { detail: { call, ...detail }, redactable };
  const { usage, fences } = outcome;
  const journal = journalMembers(outcome.journal);
  return {
    detail: {
      call,
      ...detail,
      wall_ms: Math.round(usage.wallMs * 1000) / 1000,
      memory_bytes: usage.memoryBytes,
      fences: [...fences],
      ...journal.detail,
    },
    redactable: { ...redactable, ...journal.redactable },
    blobs: journal.blobs,
  };
}
