import type { Worker } from 'node:worker_threads';
import type { DeliveredCode } from '../code.ts';
import type { Fence } from '../call.ts';
import { closeDirectories, type RunnerPlan, withOwnDirectories } from './plan.ts';
import { Runner } from './runner.ts';
import { type Spawner, startSpawner } from './spawn.ts';

/** Milliseconds that a new runner may take until it is ready. */
const READY_TIMEOUT_MS = 15_000;
/** Calls after which a runner makes room for a fresh one. */
const CALLS_PER_RUNNER = 5000;

/** The runners of one plan. No other plan's calls ever reach them. */
export class Lane implements AsyncDisposable {
  readonly key: string;
  readonly #plan: RunnerPlan;
  readonly #spawner: Promise<Spawner>;
  readonly #idle: Runner[] = [];
  readonly #starting: Promise<Runner>[] = [];
  #permission = false;
  #fenced = false;
  /** Calls that hold the lane: it may not go before they have ended. */
  users = 0;

  constructor(plan: RunnerPlan, code: DeliveredCode, fence: boolean, thread?: Worker) {
    this.#plan = withOwnDirectories(plan);
    this.key = plan.key;
    this.#spawner = startSpawner(this.#plan, code, fence, [], thread);
    this.#spawner.catch(() => undefined);
  }

  /** Runners that no call has. */
  get spare(): number {
    return this.#idle.length + this.#starting.length;
  }

  /** What stands around a runner of this lane; true once one was ready. */
  get fences(): readonly Fence[] {
    return [
      'wasm',
      ...(this.#plan.directories.length > 0 ? (['beneath-open'] as const) : []),
      ...(this.#permission ? (['permission'] as const) : []),
      ...(this.#fenced ? (['landlock'] as const) : []),
      'own-process',
    ];
  }

  /** Starts one more runner in the background. */
  warm(): Promise<void> {
    const starting = this.#start();
    this.#starting.push(starting);
    return starting.then(
      (runner) => {
        // Unless a call has taken it meanwhile.
        if (this.#forget(starting)) this.#idle.push(runner);
      },
      () => {
        this.#forget(starting);
      },
    );
  }

  /** A ready runner, if one holds the guest that one. @throws Error if none starts */
  async acquire(guestKey: string): Promise<Runner> {
    for (let runner = this.#pickIdle(guestKey); runner !== undefined; runner = this.#pickIdle(guestKey)) {
      if (runner.isAlive) return runner;
    }
    const starting = this.#starting.shift();
    if (starting === undefined) return this.#start();
    // What was started ahead may have failed for a reason that is over.
    return starting.catch(() => this.#start());
  }

  /** Gives back what `acquire` gave. */
  release(runner: Runner, mostIdle: number): void {
    if (!runner.isAlive) return;
    if (runner.calls >= CALLS_PER_RUNNER || this.#idle.length >= mostIdle) runner.kill('it was not needed any more');
    else this.#idle.push(runner);
  }

  /** Ends idle runners down to this many. */
  shrink(mostIdle: number): void {
    for (const runner of this.#idle.splice(mostIdle)) runner.kill('it was not needed any more');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const spawner = await this.#spawner.catch(() => undefined);
    await spawner?.[Symbol.asyncDispose]();
    closeDirectories(this.#plan);
  }

  #pickIdle(guestKey: string): Runner | undefined {
    const at = this.#idle.findLastIndex((runner) => runner.held.has(guestKey));
    return this.#idle.splice(at, 1)[0];
  }

  #forget(starting: Promise<Runner>): boolean {
    const at = this.#starting.indexOf(starting);
    if (at >= 0) void this.#starting.splice(at, 1);
    return at >= 0;
  }

  async #start(): Promise<Runner> {
    // It also keeps the host alive meanwhile.
    let onTimeout = (): void => undefined;
    const timer = setTimeout(() => onTimeout(), READY_TIMEOUT_MS);
    try {
      const spawner = await this.#spawner;
      const runner = new Runner(await spawner.start());
      onTimeout = () => runner.kill('it did not get ready in time');
      this.#permission = await runner.ready;
      this.#fenced = spawner.fenced;
      return runner;
    } finally {
      clearTimeout(timer);
    }
  }
}
