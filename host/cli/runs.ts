import { join, resolve } from 'node:path';
import { ensureDataDir } from '../config.ts';
import type { Json } from '../base/jcs.ts';
import type { Granted } from '../skill/grants.ts';
import { parseGlob } from '../workspace/glob.ts';
import { WorkspaceDir } from '../workspace/dir.ts';
import type { ProgressEvent } from '../wasi/call.ts';
import { startPool, type Pool } from '../wasi/pool/pool.ts';
import { run, type SkillOutcome } from '../wasi/run.ts';
import type { Context } from './context.ts';

export interface WorkspaceFlags {
  /** As the user named it; default: the current directory. */
  readonly workspace?: string;
  readonly allowBroadWorkspace?: boolean;
}

/** Runs skills for one command: a pool and, once a skill was granted files, one open workspace. */
export class Runs implements AsyncDisposable {
  readonly #context: Context;
  readonly #flags: WorkspaceFlags;
  readonly #pool: Pool;
  #workspace: WorkspaceDir | undefined;

  constructor(context: Context, flags: WorkspaceFlags) {
    ensureDataDir(context.config.dataDir);
    this.#context = context;
    this.#flags = flags;
    this.#pool = startPool({ cacheDir: cacheDirOf(context), spare: 0 });
  }

  /**
   * Starts a runner before it is known what runs: nearly every skill with tools is granted files to read. What is wrong with the
   * workspace is told when a skill needs it.
   */
  warm(): void {
    try {
      const { fd } = this.workspace();
      const mounts = [{ guestPath: '/workspace', fd, access: { read: [parseGlob('**')], write: [] } }];
      this.#pool.warm({ mounts, tmp: true }).catch(() => undefined);
    } catch {
      // The call itself will say it.
    }
  }

  /** @throws HostError of `run` and `WorkspaceDir.openAmbient`; `signal.reason` */
  async run(
    granted: Granted,
    tool: string,
    input: Json,
    options: { readonly onProgress?: (event: ProgressEvent) => void; readonly signal: AbortSignal },
  ): Promise<SkillOutcome> {
    const { filesystemRead, filesystemWrite } = granted.permissions;
    const { memoryBytes, timeMs, outputBytes } = this.#context.config.ceilings;
    return await run(
      granted,
      { tool, input },
      {
        pool: this.#pool,
        ceilings: {
          ...(memoryBytes === undefined ? {} : { memoryBytes }),
          ...(timeMs === undefined ? {} : { wallTimeMs: timeMs }),
          ...(outputBytes === undefined ? {} : { outputBytes }),
        },
        ...(filesystemRead.length + filesystemWrite.length === 0 ? {} : { workspace: this.workspace() }),
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      },
      options.signal,
    );
  }

  /** The open workspace; it is this object's. */
  workspace(): WorkspaceDir {
    const { workspace, allowBroadWorkspace } = this.#flags;
    this.#workspace ??= WorkspaceDir.openAmbient(resolve(this.#context.cwd, workspace ?? '.'), {
      dataDir: this.#context.config.dataDir,
      allowBroad: allowBroadWorkspace === true,
    });
    return this.#workspace;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
    this.#workspace?.close();
  }
}

export function cacheDirOf({ config }: Pick<Context, 'config'>): string {
  return join(config.dataDir, 'cache');
}
