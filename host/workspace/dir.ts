import { closeSync, openSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { HostError, systemCode } from '../base/error.ts';
import type { Access } from './access.ts';
import { activeBackend, requireSupported } from './active.ts';
import type { Backend } from './backend.ts';
import { WorkspaceDirectory } from './directory.ts';
import { ANCHOR } from './flags.ts';
import { isKernelMade } from './kernel-files.ts';
import type { DirHandle } from './layer.ts';
import { holds } from './overlap.ts';

export interface OpenAmbientOptions {
  /** wirken's own data directory; it need not exist yet. */
  readonly dataDir?: string;
  /** Also `/`, the home directory and what holds it. */
  readonly allowBroad?: boolean;
  /** Default: this user's. */
  readonly homeDir?: string;
}

/** An open directory of the person's choice: the capability that a skill's file grants are about. */
export class WorkspaceDir implements Disposable {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** For a child to inherit; O_PATH. @throws TypeError after `close`: the number may mean another directory by then */
  get fd(): number {
    if (this.#fd < 0) throw new TypeError('the workspace was closed');
    return this.#fd;
  }

  /**
   * Opens a directory by its path, with the rights of this process: for what a person named, never for what a guest names.
   * @throws HostError `workspace-refused` (it is, holds or lies in the data directory; it is too broad), `not-found` (missing, no
   * directory), `unsupported` (no back-end for this system), `io`.
   */
  static openAmbient(path: string, options: OpenAmbientOptions = {}): WorkspaceDir {
    requireSupported();
    const dir = new WorkspaceDir(openDirectory(path));
    try {
      dir.#refuse(path, options);
    } catch (error) {
      dir.close();
      throw error;
    }
    return dir;
  }

  /** A handle for this process itself; it ends with this object. */
  handle(access: Access, backend: Backend = activeBackend()): DirHandle {
    return dirFromFd(this.fd, access, backend);
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #refuse(path: string, { dataDir, allowBroad = false, homeDir = homedir() }: OpenAmbientOptions): void {
    const remedy = 'Choose a directory of its own for the work, a project for instance.';
    if (dataDir !== undefined && (holds(this.fd, dataDir) || holds(dataDir, this.fd))) {
      throw new HostError('workspace-refused', 'The workspace and the data directory of wirken may not overlap.', {
        file: path,
        remedy,
      });
    }
    if (isKernelMade(statfsSync(`/proc/self/fd/${this.fd}/.`).type)) {
      throw new HostError('workspace-refused', 'The workspace would be no files but the kernel’s view of the system.', {
        file: path,
        remedy,
      });
    }
    if (!allowBroad && holds(this.fd, homeDir)) {
      throw new HostError('workspace-refused', 'The workspace would be the whole system or the whole home directory.', {
        file: path,
        remedy,
      });
    }
  }
}

/**
 * The root handle on a descriptor that this process inherited or opened. The descriptor stays the caller's: closing the handle does
 * not close it, and it must outlive every handle opened from here.
 */
export function dirFromFd(fd: number, access: Access, backend: Backend = activeBackend()): DirHandle {
  return new WorkspaceDirectory({ rootFd: fd, access, backend }, fd);
}

function openDirectory(path: string): number {
  try {
    return openSync(path, ANCHOR);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    const what =
      code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is no directory' : `cannot be opened (${code})`;
    throw new HostError(missing ? 'not-found' : 'io', `The workspace ${what}.`, {
      file: path,
      remedy: 'Name a directory that exists and that you may read.',
    });
  }
}
