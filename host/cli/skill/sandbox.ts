import { resolve } from 'node:path';
import type { Json } from '../../base/jcs.ts';
import { ensureDataDir } from '../../config.ts';
import { NOTHING, type Permissions } from '../../policy/grants.ts';
import type { RawBundle } from '../../skill/bundle.ts';
import { grant, type Granted } from '../../skill/grants.ts';
import { asError } from '../../skill/load.ts';
import { readBundleDir } from '../../skill/read-bundle.ts';
import type { Skill } from '../../skill/skill.ts';
import type { Verified } from '../../skill/verified.ts';
import { verifyDev } from '../../skill/verify.ts';
import type { ProgressEvent } from '../../wasi/call.ts';
import { callSkill, type RecordedOutcome } from '../../wasi/call-skill.ts';
import { componentDeriver } from '../../wasi/derive.ts';
import { type Pool, startPool } from '../../wasi/pool/pool.ts';
import type { RunPorts } from '../../wasi/run.ts';
import { WorkspaceDir } from '../../workspace/dir.ts';
import type { Context } from '../context.ts';
import { cacheDirOf } from '../runs.ts';
import { quietSession, type Session } from '../session.ts';

/** An author's own skill, ready to be called: in the same sandbox and under the same gate as any other. */
export interface OwnSkill {
  readonly skill: Skill;
  readonly granted: Granted;
}

export interface OwnCall {
  readonly tool: string;
  readonly input: Json;
  /** Absolute: the scratch workspace. */
  readonly workspace: string;
  readonly ceilings?: RunPorts['ceilings'];
}

/** Runs skills that their author is working on. Its rows are in the audit log as those of every other run. */
export class AuthorSandbox implements AsyncDisposable {
  readonly #context: Context;
  readonly #session: Session;
  readonly #pool: Pool;
  readonly #command: string;

  constructor(context: Context, command: string) {
    ensureDataDir(context.config.dataDir);
    this.#context = context;
    this.#command = command;
    this.#session = quietSession(context, command);
    this.#pool = startPool({ cacheDir: cacheDirOf(context), spare: 0 });
  }

  /**
   * Reads a directory and grants the skill in it the files that it asks for, or those of `instead`.
   * @throws HostError what reading, parsing and preparing throw
   */
  async open(dir: string): Promise<OwnSkill> {
    return await this.openBundle(readBundleDir(resolve(this.#context.cwd, dir)));
  }

  /** The same for one that is in memory. */
  async openBundle(raw: RawBundle): Promise<OwnSkill> {
    const verified = readOwn(raw);
    const { filesystemRead, filesystemWrite } = verified.value.manifest.permissions;
    const derived = await componentDeriver.derive(verified.value, this.#context.signal);
    const given: Permissions = { ...NOTHING, filesystemRead, filesystemWrite };
    return { skill: verified.value, granted: grant(verified, given, derived) };
  }

  /** @throws HostError `arguments-invalid`, `tool-unknown`, `audit-unwritable` and what else `callSkill` throws */
  async call(
    { skill, granted }: OwnSkill,
    { tool, input, workspace, ceilings = {} }: OwnCall,
  ): Promise<{ readonly outcome: RecordedOutcome; readonly progress: readonly ProgressEvent[] }> {
    const progress: ProgressEvent[] = [];
    using dir = WorkspaceDir.openAmbient(workspace, { dataDir: this.#context.config.dataDir });
    const outcome = await callSkill(
      granted,
      { tool, input },
      {
        pool: this.#pool,
        workspace: dir,
        ceilings: this.#ceilings(ceilings),
        onProgress: (event) => void progress.push(event),
        gate: this.#session.gate,
        audit: this.#session,
        caller: this.#session.caller,
        options: { allowed: [{ variant: 'SkillRun', pattern: skill.name, option: this.#command }] },
        onUnrecorded: (error) => this.#session.warnUnrecorded(error),
      },
      this.#context.signal,
    );
    return { outcome, progress };
  }

  /** The operator's, or tighter ones. */
  #ceilings(tighter: RunPorts['ceilings']): RunPorts['ceilings'] {
    const { memoryBytes, timeMs, outputBytes } = this.#context.config.ceilings;
    return {
      ...lower('memoryBytes', memoryBytes, tighter.memoryBytes),
      ...lower('wallTimeMs', timeMs, tighter.wallTimeMs),
      ...lower('outputBytes', outputBytes, tighter.outputBytes),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
    await this.#session[Symbol.asyncDispose]();
  }
}

/** @throws HostError the refusal of a bundle that cannot be read as one */
function readOwn(raw: RawBundle): Verified<Skill> {
  const verified = verifyDev(raw);
  if ('kind' in verified) throw asError({ ...verified, file: verified.file ?? raw.source });
  return verified;
}

function lower<K extends keyof RunPorts['ceilings']>(
  name: K,
  a: number | undefined,
  b: number | undefined,
): { readonly [key in K]?: number } {
  const least = Math.min(a ?? Infinity, b ?? Infinity);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key of a generic name is not seen as that name
  return (least === Infinity ? {} : { [name]: least }) as { readonly [key in K]?: number };
}
