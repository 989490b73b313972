import type { Connection } from './database.ts';
import { HostError } from '../base/error.ts';
import { auditError, isBusy, sqliteCode } from './sqlite-error.ts';

/** Rows of one transaction. */
const MAX_BATCH_JOBS = 512;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** SQLite itself waits this long for a lock; the thread stands still meanwhile. */
const LOCK_SLICE_MS = 20;
const RETRY_MS = 15;

export interface GroupCommitLimits {
  /** Jobs that may wait. */
  readonly maxQueuedJobs: number;
  /** A single job larger than this still goes into an empty queue. */
  readonly maxQueuedBytes: number;
  /** How long a job waits for another process's lock. */
  readonly maxLockWaitMs: number;
}

export const DEFAULT_COMMIT_LIMITS: GroupCommitLimits = {
  maxQueuedJobs: 16_384,
  maxQueuedBytes: 256 * 1024 * 1024,
  maxLockWaitMs: 10_000,
};

/** What a transaction is about, told once to whoever keeps state beside the database. */
export interface TransactionState {
  /** The lock is held; nothing of this batch is written yet. */
  begun(): void;
  /** It was rolled back. */
  undone(): void;
}

interface Job {
  readonly bytes: number;
  readonly queuedAt: number;
  /** Writes, inside the transaction. @throws SQLite's errors only */
  readonly attempt: () => void;
  /** Tells the caller what came of the attempt, once that is durable. */
  readonly settle: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs writes of many callers in few transactions: what queues up during one turn of the event loop is committed together, in the
 * order of the calls. Each caller hears of its write only after the COMMIT that made it durable.
 */
export class GroupCommit {
  readonly #db: Connection;
  readonly #state: TransactionState;
  readonly #limits: GroupCommitLimits;
  readonly #begin;
  readonly #commit;
  #queue: Job[] = [];
  #bytes = 0;
  #scheduled = false;

  constructor(db: Connection, state: TransactionState, limits: GroupCommitLimits) {
    this.#db = db;
    this.#state = state;
    this.#limits = limits;
    db.pragma(`busy_timeout = ${LOCK_SLICE_MS}`);
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
  }

  /**
   * Resolves with what `write` answers, once that is durable. A `write` that throws must not have written anything before; it fails alone
   * unless the error is SQLite's, which fails the whole transaction.
   * @throws HostError `audit-unwritable`, `audit-invalid`
   */
  run<T>(bytes: number, write: () => T): Promise<T> {
    const { maxQueuedJobs, maxQueuedBytes } = this.#limits;
    const isFull = this.#queue.length >= maxQueuedJobs || this.#bytes + bytes > maxQueuedBytes;
    if (isFull && this.#queue.length > 0) {
      return Promise.reject(
        new HostError('audit-unwritable', 'The audit log cannot be written: too much waits for it already', {
          file: this.#db.name,
          remedy: 'End the program that has the log locked, or try again.',
        }),
      );
    }
    return this.#push(bytes, write);
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#queue.length > 0) await this.#push(0, () => undefined).catch(() => undefined);
  }

  #push<T>(bytes: number, write: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let settle = (): void => undefined;
    const attempt = (): void => {
      try {
        const value = write();
        settle = () => resolve(value);
      } catch (error) {
        if (sqliteCode(error) !== undefined) throw error;
        settle = () => reject(error);
      }
    };
    this.#queue.push({ bytes, queuedAt: performance.now(), attempt, settle: () => settle(), reject });
    this.#bytes += bytes;
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#flush);
    }
    return promise;
  }

  readonly #flush = (): void => {
    const outcome = this.#begun();
    if (outcome === 'busy') {
      this.#rejectStale();
      if (this.#queue.length > 0) setTimeout(this.#flush, RETRY_MS * (0.5 + Math.random()));
      else this.#scheduled = false;
      return;
    }
    const batch = this.#take();
    if (outcome instanceof Error) for (const { reject } of batch) reject(outcome);
    else this.#write(batch);
    this.#scheduled = this.#queue.length > 0;
    if (this.#scheduled) setImmediate(this.#flush);
  };

  #begun(): 'begun' | 'busy' | Error {
    try {
      this.#begin.run();
      return 'begun';
    } catch (error) {
      return isBusy(error) ? 'busy' : asError(auditError(this.#db.name, error));
    }
  }

  #write(batch: readonly Job[]): void {
    try {
      this.#state.begun();
      for (const { attempt } of batch) attempt();
      this.#commit.run();
    } catch (error) {
      this.#rollBack();
      const reason = auditError(this.#db.name, error);
      for (const { reject } of batch) reject(reason);
      return;
    }
    for (const { settle } of batch) settle();
  }

  #rollBack(): void {
    this.#state.undone();
    // After some errors SQLite has rolled back by itself.
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  #take(): readonly Job[] {
    let count = 0;
    let bytes = 0;
    for (const job of this.#queue) {
      if (count === MAX_BATCH_JOBS || (count > 0 && bytes + job.bytes > MAX_BATCH_BYTES)) break;
      count++;
      bytes += job.bytes;
    }
    this.#bytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #rejectStale(): void {
    const since = performance.now() - this.#limits.maxLockWaitMs;
    const stale = this.#queue.filter(({ queuedAt }) => queuedAt < since);
    if (stale.length === 0) return;
    this.#queue = this.#queue.filter(({ queuedAt }) => queuedAt >= since);
    const error = new HostError(
      'audit-unwritable',
      'The audit log cannot be written: another program holds it locked',
      { file: this.#db.name, remedy: 'End the program that has the log open, or try again.' },
    );
    for (const { bytes, reject } of stale) {
      this.#bytes -= bytes;
      reject(error);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TypeError('something else than an error was thrown');
}
