import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { asIo, ensureDir, identityOf, NO_FILE, readIdentified, replaceFile, sweepReplaced } from './durable.ts';
import { EMPTY_LOCK, encodeLock, type Lock, MAX_LOCK_BYTES, parseLock } from './lock.ts';

/** How long an install waits for another one. */
export const DEFAULT_WAIT_MS = 10_000;
const RETRY_MS = 25;

/** A lock as it was read, with what tells this state of the file from a later one. */
export interface LockSnapshot {
  readonly lock: Lock;
  readonly identity: string;
}

/** `<data>/skills.lock.json`. */
export class LockFile {
  readonly path: string;
  readonly #busyPath: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, 'skills.lock.json');
    this.#busyPath = join(dataDir, 'skills.lock.busy');
  }

  /** What is installed; nothing, if there is no file yet. @throws HostError `lock-invalid`, `io`. */
  read(): LockSnapshot {
    const file = readIdentified(this.path, MAX_LOCK_BYTES);
    if (file === undefined) return { lock: EMPTY_LOCK, identity: NO_FILE };
    const text = decodeUtf8(file.bytes);
    if (text === undefined) {
      throw new HostError('lock-invalid', `The lock file ${shown(this.path)} is damaged: it is no UTF-8`, {
        file: this.path,
        remedy: 'Put back a copy of it, or move it away and install the skills again.',
      });
    }
    return { lock: parseLock(text, this.path), identity: file.identity };
  }

  /** What tells this state of the file from a later one, without reading it. */
  identity(): string {
    return identityOf(this.path);
  }

  /** Switches to `lock` at once. Only inside `exclusively`. @throws HostError `io`; the old lock then stays. */
  write(lock: Lock): void {
    replaceFile(this.path, encodeUtf8(encodeLock(lock)));
  }

  /**
   * Runs `work` while no other process or call installs anything into this data directory. The system itself ends the exclusion
   * with the process that holds it (SQLite's file lock), so none can go stale.
   * @throws HostError `lock-busy` when another one is not done within `waitMs`.
   */
  async exclusively<T>(work: () => Promise<T>, signal: AbortSignal, waitMs = DEFAULT_WAIT_MS): Promise<T> {
    ensureDir(join(this.path, '..'));
    const deadline = performance.now() + waitMs;
    // Loaded only here: reading the lock is part of every start, installing is not.
    const { DatabaseSync } = await import('node:sqlite');
    using database = asIo(this.#busyPath, () => new DatabaseSync(this.#busyPath));
    database.exec('PRAGMA busy_timeout = 0');
    while (!tryBegin(database, this.#busyPath)) {
      if (performance.now() >= deadline) {
        throw new HostError('lock-busy', 'Another wirken is installing, updating or removing a skill', {
          file: this.#busyPath,
          remedy: 'Wait until it is done, then try again.',
        });
      }
      await sleep(RETRY_MS, undefined, { signal });
    }
    sweepReplaced(this.path);
    return await work();
  }
}

const SQLITE_BUSY = 5;

function tryBegin(database: DatabaseSync, path: string): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw new HostError('io', `${shown(path)} cannot be locked`, {
      file: path,
      remedy: 'Move the file away and try again.',
    });
  }
}

/** Whether SQLite says that another process holds the file. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
