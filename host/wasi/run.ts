import { encodeUtf8 } from '../base/bytes.ts';
import { HostError, type ErrorCode } from '../base/error.ts';
import type { Json } from '../base/jcs.ts';
import { shownText } from '../base/shown.ts';
import { Permit } from '../policy/permit.ts';
import { isGranted, type Granted } from '../skill/grants.ts';
import { faultsText, validatorOf } from '../skill/schema.ts';
import type { Tool } from '../skill/skill.ts';
import { parseGlob } from '../policy/glob.ts';
import type { Recorded } from '../workspace/journal/recorder.ts';
import type { Denials } from '../workspace/access.ts';
import type { CallOutcome, CallUsage, Determinism, Fence, JournalSpec, ProgressEvent } from './call.ts';
import { guestOf } from './derive.ts';
import { CEILINGS, DEFAULT_LIMITS, type CallLimits, type LimitName } from './limits.ts';
import type { Pool } from './pool/pool.ts';
import type { MountSpec } from './pool/where.ts';
import { parseResult, type ToolResult } from './result.ts';

/** One tool call. */
export interface SkillCall {
  readonly tool: string;
  /** Checked against the tool's `parameters`. */
  readonly input: Json;
  readonly determinism?: Determinism;
  /** Whether it is recorded: then its trace has what `rerun` needs. */
  readonly journal?: JournalSpec;
}

/** What a run needs besides the skill. */
export interface RunPorts {
  readonly pool: Pool;
  /** An open directory, for a skill that was granted files; it stays the caller's. */
  readonly workspace?: { readonly fd: number };
  /** What the operator's rules deny of the workspace, asked when the call is made. Absent: nothing. @throws HostError */
  readonly denied?: () => Denials;
  /** The operator's ceilings; they win over what the manifest asks for. */
  readonly ceilings: Partial<Pick<CallLimits, 'memoryBytes' | 'wallTimeMs' | 'outputBytes'>>;
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** What every call that ran leaves behind. */
export interface RunTrace {
  /** The skill's log: the tail of its stderr, as text. */
  readonly log: string;
  readonly usage: CallUsage;
  readonly fences: readonly Fence[];
  /** What became of the recording, if there was to be one and the call was not ended from outside. */
  readonly journal?: Recorded;
}

export type SkillOutcome =
  | (RunTrace & { readonly kind: 'done' } & Omit<Extract<ToolResult, { kind: 'result' }>, 'kind'>)
  /** The tool said so itself: `message` is the tail of its stderr. */
  | (RunTrace & { readonly kind: 'tool-failed'; readonly code: number; readonly message: string })
  | (RunTrace & { readonly kind: 'result-invalid'; readonly message: string })
  | (RunTrace & { readonly kind: 'limit'; readonly limit: LimitName; readonly message: string })
  | (RunTrace & { readonly kind: 'trap'; readonly message: string })
  /** It never ran. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'crashed'; readonly message: string };

const WORKSPACE = '/workspace';
const MAX_MESSAGE_CHARS = 4096;

/**
 * Whether the skill has the tool and its arguments are right; answers the tool. Nobody is asked about a call that cannot be made.
 * @throws HostError `tool-unknown`, `arguments-invalid`, `unsupported` for a skill that is a text for a model
 */
export function checkCall(granted: Granted, call: SkillCall): Tool {
  const { skill } = granted;
  const tool = findTool(granted, call.tool);
  const faults = validatorOf(tool.parameters).validate(call.input);
  if (faults.length > 0) {
    throw new HostError(
      'arguments-invalid',
      `the arguments of ${skill.name} ${tool.name} are wrong: ${faultsText(faults.slice(0, 3))}`,
    );
  }
  return tool;
}

/**
 * Runs one tool of a skill in the sandbox, with no more than what was granted, for one permit.
 * @throws TypeError for anything that `grant` did not make, whatever its type claims, and for a permit that is not for this call of
 *   this very bundle; what `checkCall` and `guestOf` throw; `signal.reason`.
 */
export async function run(
  granted: Granted,
  call: SkillCall,
  permit: Permit<'SkillRun'>,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<SkillOutcome> {
  if (!isGranted(granted)) throw new TypeError('only a granted skill runs');
  const { skill, permissions } = granted;
  const tool = checkCall(granted, call);
  const paid = Permit.spend(permit, 'SkillRun');
  if (paid.digest !== skill.digest || paid.skill !== skill.name || paid.tool !== tool.name) {
    throw new TypeError('a permit for another call');
  }
  const limits = limitsOf(granted, ports.ceilings);
  const stdin = encodeUtf8(JSON.stringify(call.input));
  if (stdin.length > limits.inputBytes) {
    throw new HostError(
      'limit-exceeded',
      `the arguments are ${stdin.length} bytes long, allowed are ${limits.inputBytes}`,
    );
  }
  const outcome = await ports.pool.call(
    await guestOf(granted, limits),
    {
      args: [skill.name, tool.name],
      env: [],
      stdin,
      limits,
      ...(call.determinism === undefined ? {} : { determinism: call.determinism }),
      ...(call.journal === undefined ? {} : { journal: call.journal }),
    },
    {
      where: {
        mounts: mountsOf(permissions, ports),
        bundle: { digest: skill.digest, files: skill.files },
        tmp: true,
      },
      signal,
      ...(ports.onProgress === undefined ? {} : { onProgress: ports.onProgress }),
    },
  );
  return interpret(tool, outcome);
}

export function findTool(granted: Granted, name: string): Tool {
  const { skill } = granted;
  if (skill.wasm === undefined) {
    throw new HostError('unsupported', `${skill.name} is a text for a model and has no program to run`, {
      remedy: `wirken skill info ${skill.name} shows it.`,
    });
  }
  const tool = skill.manifest.tools.find((one) => one.name === name);
  if (tool === undefined) {
    const names = skill.manifest.tools.map((one) => one.name).join(', ');
    throw new HostError('tool-unknown', `${skill.name} has no such tool`, {
      remedy: names === '' ? 'It declares no tools.' : `It has: ${names}.`,
    });
  }
  return tool;
}

/** The smallest of what the manifest asks for, the operator's ceiling and ours. */
export function limitsOf(granted: Granted, ceilings: RunPorts['ceilings']): CallLimits {
  const asks = granted.skill.manifest.limits;
  return {
    ...DEFAULT_LIMITS,
    memoryBytes: Math.min(asks.memoryBytes, ceilings.memoryBytes ?? CEILINGS.memoryBytes, CEILINGS.memoryBytes),
    wallTimeMs: Math.min(asks.timeMs, ceilings.wallTimeMs ?? CEILINGS.wallTimeMs, CEILINGS.wallTimeMs),
    outputBytes: Math.min(asks.outputBytes, ceilings.outputBytes ?? CEILINGS.outputBytes, CEILINGS.outputBytes),
  };
}

function mountsOf(
  permissions: Granted['permissions'],
  { workspace, denied }: Pick<RunPorts, 'workspace' | 'denied'>,
): readonly MountSpec[] {
  const { filesystemRead, filesystemWrite } = permissions;
  if (filesystemRead.length === 0 && filesystemWrite.length === 0) return [];
  if (workspace === undefined) throw new TypeError('a skill with file grants needs an open workspace');
  const access = {
    read: filesystemRead.map(parseGlob),
    write: filesystemWrite.map(parseGlob),
    ...(denied === undefined ? {} : { denied: denied() }),
  };
  return [{ guestPath: WORKSPACE, fd: workspace.fd, access }];
}

/** What the tool's declaration makes of an outcome. */
export function interpret(tool: Tool, outcome: CallOutcome): SkillOutcome {
  if (outcome.kind === 'refused' || outcome.kind === 'crashed') return outcome;
  const log = new TextDecoder().decode(outcome.stderr);
  const { usage, fences, journal } = outcome;
  const trace: RunTrace = { log, usage, fences, ...(journal === undefined ? {} : { journal }) };
  switch (outcome.kind) {
    case 'limit':
      return { ...trace, kind: 'limit', limit: outcome.limit, message: outcome.message };
    case 'trap':
      return { ...trace, kind: 'trap', message: outcome.message };
    case 'exited': {
      if (outcome.code !== 0)
        return { ...trace, kind: 'tool-failed', code: outcome.code, message: messageOf(log, outcome.code) };
      const result = parseResult(tool, outcome.stdout);
      return result.kind === 'result' ? { ...trace, ...result, kind: 'done' } : { ...trace, ...result };
    }
  }
}

/** The tail of what the tool wrote to stderr, or that it wrote nothing. */
function messageOf(log: string, code: number): string {
  const tail = shownText(log.trim()).slice(-MAX_MESSAGE_CHARS);
  return tail === '' ? `it exited with ${code} and said nothing` : tail;
}
