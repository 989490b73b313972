import { MAX_JOURNAL_BYTES } from '../../workspace/journal/format.ts';
import type { CallOutcome, CallSpec, Diverged, Fence, ProgressEvent } from '../call.ts';
import { callFrames } from './call-frames.ts';
import type { Guest } from './guest.ts';
import { guestKey } from './guest.ts';
import type { Lane } from './lane.ts';
import type { LiveStdio, Runner, RunnerAnswer } from './runner.ts';
import type { Tail } from './tail.ts';
import type { Where } from './where.ts';

/** The clock of the wall-time limit. Both may be called twice. */
export interface DeadlineControl {
  pause(): void;
  resume(): void;
}

export interface MakeCallOptions {
  readonly where: Where;
  readonly signal: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly stdio?: LiveStdio;
  readonly pauseDeadline?: (control: DeadlineControl) => void;
  /** The journal of a call that is made again. */
  readonly replay?: Uint8Array | undefined;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Ended = Omit<Extract<CallOutcome, { readonly kind: 'trap' }>, 'kind' | 'message' | 'stdout'>;

/** One call in one runner of the lane. @throws `signal.reason` */
export async function makeCall(
  lane: Lane,
  guest: Guest,
  spec: CallSpec,
  options: MakeCallOptions,
  mostIdle: number,
): Promise<CallOutcome | Diverged> {
  const { signal } = options;
  let runner: Runner;
  try {
    runner = await lane.acquire(guestKey(guest, spec.limits));
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'crashed', message: `no runner starts: ${error instanceof Error ? error.message : String(error)}` };
  }
  const fences = lane.fences;
  const started = performance.now();
  let timedOut = false;
  const onAbort = (): void => runner.kill('the call was cancelled');
  using deadline = new Deadline(spec.limits.wallTimeMs, () => {
    timedOut = true;
    runner.kill('its time was up');
  });
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    options.pauseDeadline?.(deadline);
    const { answer, stderr } = await runner.call({
      frames: callFrames(runner, guest, spec, options.where, {
        live: options.stdio !== undefined,
        replay: options.replay,
      }),
      limits: spec.limits,
      onProgress: options.onProgress,
      live: options.stdio,
      journalBytes: spec.journal && (spec.journal.maxBytes ?? MAX_JOURNAL_BYTES),
    });
    signal.throwIfAborted();
    // The engine broke off one of our own functions, wherever it was: a descriptor may be open that nobody closes any more.
    if (answer.kind === 'limit' && answer.limit === 'call-depth') runner.kill('its stack was exhausted');
    return outcomeOf(answer, stderr, timedOut, spec.limits.wallTimeMs, performance.now() - started, fences);
  } finally {
    signal.removeEventListener('abort', onAbort);
    lane.release(runner, mostIdle);
  }
}

function outcomeOf(
  answer: RunnerAnswer,
  tail: Tail,
  timedOut: boolean,
  wallTimeMs: number,
  wallMs: number,
  fences: readonly Fence[],
): CallOutcome | Diverged {
  const stderr = tail.bytes;
  const ended = (memoryBytes: number): Ended => ({
    stderr,
    stderrCut: tail.cut,
    usage: { wallMs, memoryBytes },
    fences,
  });
  if (answer.kind === 'gone') {
    if (!timedOut) return { kind: 'crashed', message: answer.how };
    const message = `it ran longer than ${wallTimeMs} ms`;
    return { kind: 'limit', limit: 'wall-time', message, stdout: new Uint8Array(), ...ended(0) };
  }
  if (answer.kind === 'refused') return { kind: 'refused', code: 'module-invalid', message: answer.message };
  if (answer.kind === 'diverged') return { kind: 'diverged', position: answer.position, message: answer.message };
  const { memoryBytes, stderrCut: _, ...rest } = answer;
  return { ...rest, ...ended(memoryBytes) };
}

/** A timer that can stand still. It keeps the host alive, standing or not. */
class Deadline implements DeadlineControl, Disposable {
  readonly #onEnd: () => void;
  #leftMs: number;
  #since = performance.now();
  #timer: NodeJS.Timeout;
  #paused = false;

  constructor(ms: number, onEnd: () => void) {
    this.#leftMs = ms;
    this.#onEnd = onEnd;
    this.#timer = setTimeout(() => this.#end(), ms);
  }

  /** Time is up; until the process is gone something must keep the host alive. */
  #end(): void {
    this.#timer = setTimeout(() => undefined, LONGEST_TIMER_MS);
    this.#onEnd();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#leftMs -= performance.now() - this.#since;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => undefined, LONGEST_TIMER_MS);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#since = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), Math.max(0, this.#leftMs));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
