import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { HostError } from '../../base/error.ts';
import type { CallOutcome, CallSpec, Diverged, Fence, ProgressEvent } from '../call.ts';
import { deliverCode } from '../code.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Guest } from './guest.ts';
import { Lane } from './lane.ts';
import { loadKernel } from './kernel.ts';
import { landlockAbi } from './landlock.ts';
import { makeCall, type DeadlineControl, type MakeCallOptions } from './make-call.ts';
import { planRunner } from './plan.ts';
import { Queue } from './queue.ts';
import type { LiveStdio } from './runner.ts';
import type { Where } from './where.ts';

export interface PoolOptions {
  /** For the runner's code as plain JavaScript; made if it is missing, and kept from run to run. */
  readonly cacheDir: string;
  /** Calls at the same time. Default: twice the cores. */
  readonly size?: number;
  /** Calls that wait for their turn; one more is refused. Default: 256. */
  readonly queue?: number;
  /** Runners kept ready beside the one that was used last, so that nobody waits for a new one after a limit. Default: 1. */
  readonly spare?: number;
  /** Whether the kernel's fence is used where it is there. Default: true; false is for finding out what the others hold. */
  readonly landlock?: boolean;
  /** For the first spawner: see `startSpawner`. */
  readonly thread?: Worker;
}

export interface CallOptions {
  readonly where: Where;
  readonly signal: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Stdio flows while the guest runs; `spec.stdin` is not used then, and the outcome's stdout is empty. */
  readonly stdio?: LiveStdio;
  /** Gets the means to stop the clock of the wall-time limit while a person is asked. */
  readonly pauseDeadline?: (control: DeadlineControl) => void;
}

/** Runs guests in processes of their own, each call in a fresh instance. The holder disposes of it. */
export interface Pool extends AsyncDisposable {
  /**
   * One call; may be made concurrently. What the guest does wrong is in the outcome.
   * @throws `signal.reason`; HostError `io`, `unsupported` for directories that cannot be handed over
   */
  call(guest: Guest, spec: CallSpec, options: CallOptions): Promise<CallOutcome>;
  /**
   * Makes a recorded call again. Its journal stands for the clock, for randomness and for the directories, which are not there: `where`
   * may name a bundle and `/tmp` alone.
   * @param journal as `decodeJournal` has found it to be one
   * @throws as `call`
   */
  replay(
    guest: Guest,
    spec: CallSpec,
    journal: Uint8Array,
    options: Pick<CallOptions, 'where' | 'signal'>,
  ): Promise<CallOutcome | Diverged>;
  /**
   * Starts a runner for calls like these before they come; for a component only if `generated` says so. Answers what it is fenced by.
   * @throws as `call`; Error if no runner starts
   */
  warm(where: Where, generated?: boolean): Promise<readonly Fence[]>;
  /** After disposal, once every process has ended. */
  readonly closed: Promise<void>;
}

/** Lanes beyond this are closed, the longest unused first. */
const MAX_LANES = 6;
/** After this long without a call only the most recent lane keeps runners. */
const QUIET_MS = 60_000;
const DEFAULT_QUEUE = 256;

/** @throws HostError `io` if the cache directory cannot be written */
export function startPool(options: PoolOptions): Pool {
  return new RunnerPool(options);
}

class RunnerPool implements Pool {
  readonly #size: number;
  readonly #spare: number;
  readonly #landlock: boolean;
  readonly #code: ReturnType<typeof deliverCode>;
  #thread: Worker | undefined;
  readonly #queue: Queue;
  /** By plan, the longest unused first. */
  readonly #lanes = new Map<string, Lane>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #over = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  readonly #quiet: NodeJS.Timeout;
  readonly closed = this.#closed.promise;

  constructor(options: PoolOptions) {
    this.#size = options.size ?? 2 * availableParallelism();
    this.#spare = options.spare ?? 1;
    this.#queue = new Queue(this.#size, options.queue ?? DEFAULT_QUEUE);
    this.#code = deliverCode(options.cacheDir);
    this.#thread = options.thread;
    const kernel = options.landlock === false ? undefined : loadKernel();
    this.#landlock = kernel !== undefined && landlockAbi(kernel) > 0;
    this.#quiet = setTimeout(() => this.#calmDown(), QUIET_MS).unref();
  }

  async call(guest: Guest, spec: CallSpec, options: CallOptions): Promise<CallOutcome> {
    const outcome = await this.#make(guest, spec, options);
    if (outcome.kind === 'diverged') throw new TypeError('a call diverged from no journal');
    return outcome;
  }

  async replay(
    guest: Guest,
    spec: CallSpec,
    journal: Uint8Array,
    { where, signal }: Pick<CallOptions, 'where' | 'signal'>,
  ): Promise<CallOutcome | Diverged> {
    if (where.mounts.length > 0) throw new TypeError('a call that is made again has no directories');
    return await this.#make(guest, spec, { where, signal, replay: journal });
  }

  async #make(guest: Guest, spec: CallSpec, options: MakeCallOptions): Promise<CallOutcome | Diverged> {
    this.#over.signal.throwIfAborted();
    options.signal.throwIfAborted();
    if (spec.limits.inputBytes < spec.stdin.length) {
      return {
        kind: 'refused',
        code: 'limit-exceeded',
        message: `the input is longer than ${spec.limits.inputBytes} bytes`,
      };
    }
    // Now, not when its turn comes: the caller may close the directories as soon as this function has returned its promise.
    const lane = this.#laneFor(options.where, 'component' in guest, spec.limits.memoryBytes);
    lane.users += 1;
    try {
      const turn = await this.#queue.enter(options.signal);
      if (turn === 'full') {
        return { kind: 'refused', code: 'queue-full', message: 'too many calls are waiting; try again later' };
      }
      using _turn = turn;
      const outcome = await makeCall(lane, guest, spec, options, this.#size);
      // Disposal ends every runner; that is no crash.
      this.#over.signal.throwIfAborted();
      return outcome;
    } finally {
      lane.users -= 1;
      this.#settle(lane);
    }
  }

  async warm(where: Where, generated = false): Promise<readonly Fence[]> {
    this.#over.signal.throwIfAborted();
    const lane = this.#laneFor(where, generated, DEFAULT_LIMITS.memoryBytes);
    await lane.warm();
    return lane.fences;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over.signal.aborted) return this.closed;
    this.#over.abort(new HostError('runner-crashed', 'the sandbox was closed'));
    this.#queue.close(this.#over.signal.reason);
    clearTimeout(this.#quiet);
    for (const lane of this.#lanes.values()) this.#close(lane);
    await Promise.all(this.#leaving);
    this.#closed.resolve();
  }

  #laneFor(where: Where, generated: boolean, memoryBytes: number): Lane {
    const plan = planRunner(where, generated, memoryBytes, this.#landlock);
    const lane = this.#lanes.get(plan.key) ?? new Lane(plan, this.#code, this.#landlock, this.#takeThread());
    this.#lanes.delete(plan.key);
    this.#lanes.set(plan.key, lane);
    for (const other of this.#lanes.values()) {
      if (this.#lanes.size <= MAX_LANES) break;
      if (other !== lane && other.users === 0) this.#close(other);
    }
    this.#quiet.refresh();
    return lane;
  }

  #takeThread(): Worker | undefined {
    const thread = this.#thread;
    this.#thread = undefined;
    return thread;
  }

  /** After a call: a runner that a limit ended is replaced before the next call wants it. */
  #settle(lane: Lane): void {
    if (this.#over.signal.aborted || !this.#lanes.has(lane.key)) return;
    if (this.#spare > 0 && lane.users + lane.spare < 1 + this.#spare) void lane.warm();
    if (lane.users === 0) lane.shrink(1 + this.#spare);
  }

  #calmDown(): void {
    const newest = [...this.#lanes.values()].at(-1);
    for (const lane of this.#lanes.values()) if (lane !== newest && lane.users === 0) this.#close(lane);
    this.#quiet.refresh();
  }

  #close(lane: Lane): void {
    this.#lanes.delete(lane.key);
    const left = lane[Symbol.asyncDispose]().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }
}
