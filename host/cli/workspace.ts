import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemCode } from '../base/error.ts';
import { WorkspaceDir } from '../workspace/dir.ts';
import type { Context } from './context.ts';

export interface WorkspaceFlags {
  /** As the user named it; default: the current directory. */
  readonly workspace?: string;
  readonly allowBroadWorkspace?: boolean;
}

/** One workspace that is opened when it is first wanted. */
export class OpenWorkspace implements Disposable {
  readonly #context: Context;
  readonly #flags: WorkspaceFlags;
  #dir: WorkspaceDir | undefined;

  /** `open`: the same directory, opened before; it is this object's from then on. */
  constructor(context: Context, flags: WorkspaceFlags, open?: WorkspaceDir) {
    this.#context = context;
    this.#flags = flags;
    this.#dir = open;
  }

  /** The open workspace; it is this object's. @throws HostError of `WorkspaceDir.openAmbient` */
  dir(): WorkspaceDir {
    const { workspace, allowBroadWorkspace } = this.#flags;
    this.#dir ??= WorkspaceDir.openAmbient(resolve(this.#context.cwd, workspace ?? '.'), {
      dataDir: this.#context.config.dataDir,
      allowBroad: allowBroadWorkspace === true,
    });
    return this.#dir;
  }

  /** Where it truly lies; as it was named, if that is nowhere. */
  get path(): string {
    const named = resolve(this.#context.cwd, this.#flags.workspace ?? '.');
    try {
      return realpathSync(named);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return named;
    }
  }

  [Symbol.dispose](): void {
    this.#dir?.close();
    this.#dir = undefined;
  }
}
