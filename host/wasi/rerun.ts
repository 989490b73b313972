import { encodeUtf8 } from '../base/bytes.ts';
import { type Granted, isGranted } from '../skill/grants.ts';
import type { Journal } from '../workspace/journal/decode.ts';
import type { Diverged } from './call.ts';
import { guestOf } from './derive.ts';
import { CEILINGS, type CallLimits, DEFAULT_LIMITS } from './limits.ts';
import type { Pool } from './pool/pool.ts';
import { findTool, interpret, type SkillOutcome } from './run.ts';

/** A tool call that was made before. */
export interface RerunCall {
  readonly tool: string;
  /** The JSON text that the skill got. */
  readonly input: string;
  /** What it was held to. */
  readonly limits: Pick<CallLimits, 'memoryBytes' | 'wallTimeMs' | 'outputBytes'>;
  readonly journal: Journal;
}

export type Rerun = SkillOutcome | Diverged;

/** Time is no part of what is made again: a machine may be slower than the one before, or busier. */
const PATIENCE = 6;

/**
 * Makes a recorded call again, in the sandbox and from its journal alone: it reads no clock and no file, and whatever the skill was
 * granted, there is nothing that it could reach.
 * @throws TypeError for anything that `grant` did not make; HostError `tool-unknown`, `unsupported`, what `guestOf` throws; `signal.reason`
 */
export async function rerun(granted: Granted, call: RerunCall, pool: Pool, signal: AbortSignal): Promise<Rerun> {
  if (!isGranted(granted)) throw new TypeError('only a granted skill runs');
  const { skill } = granted;
  const tool = findTool(granted, call.tool);
  const limits: CallLimits = {
    ...DEFAULT_LIMITS,
    ...call.limits,
    wallTimeMs: Math.min(PATIENCE * call.limits.wallTimeMs, CEILINGS.wallTimeMs),
  };
  const outcome = await pool.replay(
    await guestOf(granted, limits),
    { args: [skill.name, tool.name], env: [], stdin: encodeUtf8(call.input), limits },
    call.journal.bytes,
    { where: { mounts: [], bundle: { digest: skill.digest, files: skill.files }, tmp: true }, signal },
  );
  return outcome.kind === 'diverged' ? outcome : interpret(tool, outcome);
}
