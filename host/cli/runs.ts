import { join } from 'node:path';
import { ensureDataDir } from '../config.ts';
import type { Json } from '../base/jcs.ts';
import type { Granted } from '../skill/grants.ts';
import type { WorkspaceDir } from '../workspace/dir.ts';
import type { ProgressEvent } from '../wasi/call.ts';
import { startPool, type Pool } from '../wasi/pool/pool.ts';
import type { AskOptions } from '../policy/gate-ports.ts';
import { askerOf, callSkill, type RecordedOutcome, type RecordedPorts, runRecorded } from '../wasi/call-skill.ts';
import type { Permit } from '../policy/permit.ts';
import type { SkillOutcome } from '../wasi/run.ts';
import type { Context } from './context.ts';
import { takeHeadStart, warmFor } from './head-start.ts';
import type { Session } from './session.ts';
import { OpenWorkspace, type WorkspaceFlags } from './workspace.ts';

/** One call's own. */
export interface CallOptions {
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly signal: AbortSignal;
  /** What the command line allows, and what was agreed to when the skill was installed. */
  readonly allowed?: AskOptions['allowed'];
}

/** Runs skills for one command: a pool and, once a skill was granted files, one open workspace. */
export class Runs implements AsyncDisposable {
  readonly #context: Context;
  readonly #session: Session;
  readonly #pool: Pool;
  readonly #workspace: OpenWorkspace;
  readonly #isWarm: boolean;

  constructor(context: Context, flags: WorkspaceFlags, session: Session) {
    ensureDataDir(context.config.dataDir);
    this.#context = context;
    this.#session = session;
    const ahead = isHere(flags) ? takeHeadStart(context.config.dataDir) : undefined;
    this.#workspace = new OpenWorkspace(context, flags, ahead?.workspace);
    this.#isWarm = ahead !== undefined;
    this.#pool = ahead?.pool ?? startPool({ cacheDir: cacheDirOf(context), spare: 0 });
  }

  /** Starts a runner before it is known what runs. What is wrong with the workspace is told when a skill needs it. */
  warm(): void {
    if (this.#isWarm) return;
    try {
      warmFor(this.#pool, this.workspace());
    } catch {
      // The call itself will say it.
    }
  }

  /** Asks for leave, runs, records. @throws HostError of `callSkill` and `WorkspaceDir.openAmbient`; `signal.reason` */
  async run(granted: Granted, tool: string, input: Json, options: CallOptions): Promise<RecordedOutcome> {
    const { allowed } = options;
    return await callSkill(
      granted,
      { tool, input },
      {
        ...this.#ports(granted, tool, options),
        gate: this.#session.gate,
        options: allowed === undefined ? {} : { allowed },
      },
      options.signal,
    );
  }

  /** The same once the gate has said yes. */
  async runPermitted(
    granted: Granted,
    tool: string,
    input: Json,
    permit: Permit<'SkillRun'>,
    options: CallOptions,
  ): Promise<SkillOutcome> {
    return await runRecorded(granted, { tool, input }, permit, this.#ports(granted, tool, options), options.signal);
  }

  #ports(
    { skill, permissions }: Granted,
    tool: string,
    { onProgress }: CallOptions,
  ): Omit<RecordedPorts, 'gate' | 'options'> {
    const { filesystemRead, filesystemWrite } = permissions;
    const { gate, caller } = this.#session;
    const { memoryBytes, timeMs, outputBytes } = this.#context.config.ceilings;
    return {
      pool: this.#pool,
      ceilings: {
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
        ...(timeMs === undefined ? {} : { wallTimeMs: timeMs }),
        ...(outputBytes === undefined ? {} : { outputBytes }),
      },
      ...(filesystemRead.length + filesystemWrite.length === 0 ? {} : { workspace: this.workspace() }),
      ...(onProgress === undefined ? {} : { onProgress }),
      denied: () => gate.denials(askerOf(skill, tool, caller)),
      audit: this.#session,
      caller,
      onUnrecorded: (error) => this.#session.warnUnrecorded(error),
    };
  }

  /** The workspace, opened when it is wanted; it is this object's. */
  get place(): OpenWorkspace {
    return this.#workspace;
  }

  /** The same, open. */
  workspace(): WorkspaceDir {
    return this.#workspace.dir();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
    this.#workspace[Symbol.dispose]();
  }
}

function isHere({ workspace, allowBroadWorkspace }: WorkspaceFlags): boolean {
  return workspace === undefined && allowBroadWorkspace !== true;
}

export function cacheDirOf({ config }: Pick<Context, 'config'>): string {
  return join(config.dataDir, 'cache');
}
