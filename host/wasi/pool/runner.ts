import type { Recorded } from '../../workspace/journal/recorder.ts';
import type { ProgressEvent } from '../call.ts';
import type { CallLimits } from '../limits.ts';
import type { RunnerHoldings } from './call-frames.ts';
import { FrameReader } from './frames.ts';
import { parseProgress } from './progress.ts';
import {
  decodeEnd,
  encodeToRunner,
  FROM_RUNNER,
  type FromRunnerKind,
  MAX_CHUNK_BYTES,
  MAX_END_BYTES,
  MAX_PROGRESS_BYTES,
  type RunnerEnd,
  TO_RUNNER,
} from './protocol.ts';
import type { RunnerProcess } from './spawn.ts';
import { Tail } from './tail.ts';

/** Stdio that flows while the guest runs, for `wirken wasm run`. What is rejected or thrown here ends the runner. */
export interface LiveStdio {
  /** At least one byte and at most `mostBytes`; none at the end. */
  readStdin(mostBytes: number): Promise<Uint8Array>;
  /** May answer a promise to be waited for before more is taken in. */
  writeStdout(bytes: Uint8Array): Promise<void> | undefined;
  writeStderr(bytes: Uint8Array): Promise<void> | undefined;
}

export interface RunnerCall {
  /** What makes the call, frame after frame. */
  readonly frames: readonly Buffer[];
  readonly limits: CallLimits;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  readonly live?: LiveStdio | undefined;
  /** Bytes of the journal that the runner keeps; absent: it keeps none. */
  readonly journalBytes?: number | undefined;
}

/** The runner's own word, or that there will be none any more. */
export type RunnerAnswer =
  | (RunnerEnd & { readonly journal?: Recorded })
  | { readonly kind: 'gone'; readonly how: string };

interface Current {
  readonly call: RunnerCall;
  readonly stderr: Tail;
  readonly answer: (answer: RunnerAnswer) => void;
  stdoutBytes: number;
  /** Passed on as it came; otherwise only the tail is kept, and a flood costs nothing. */
  liveStderrBytes: number;
  progressEvents: number;
  wantsStdin: boolean;
  journal: Buffer | undefined;
}

/** One runner process as its host sees it: hostile, one call at a time, dead at the first frame that is not due. */
export class Runner implements RunnerHoldings {
  readonly #process: RunnerProcess;
  readonly #reader: FrameReader;
  readonly held = new Map<string, number>();
  bundle: string | undefined;
  calls = 0;
  #current: Current | undefined;
  #broken: string | undefined;
  #isReady = false;
  readonly #ready = Promise.withResolvers<boolean>();
  readonly ended: Promise<string>;
  #closed = false;
  /** Each answers what was wrong with the frame. */
  readonly #takers: Record<FromRunnerKind, typeof takeEnd> = {
    [FROM_RUNNER.ready]: () => 'it said twice that it is ready',
    [FROM_RUNNER.progress]: takeProgress,
    [FROM_RUNNER.stdout]: (current, body) => this.#takeStdout(current, body),
    [FROM_RUNNER.stderr]: (current, body) => this.#takeStderr(current, body),
    [FROM_RUNNER.wantStdin]: (current, body) => this.#takeWant(current, body),
    [FROM_RUNNER.end]: takeEnd,
    [FROM_RUNNER.journal]: takeJournal,
  };

  constructor(process: RunnerProcess) {
    this.#process = process;
    this.#reader = new FrameReader(
      (kind) => this.#most(kind),
      (kind, body) => this.#take(kind, body),
    );
    process.hear((bytes) => {
      if (this.#broken === undefined && !this.#reader.push(bytes))
        this.#break('it sent a frame of no kind, or one that is too long');
    });
    // A broken pipe is the end of the process, which is seen anyway.
    process.link.on('error', ignore);
    process.link.once('close', () => {
      // Mostly the process has ended and only its host does not know yet: then that is how it ended.
      this.#closed = true;
      process.kill();
    });
    this.ended = process.ended.then((how) => this.#end(this.#broken ?? how));
  }

  get pid(): number {
    return this.#process.pid;
  }

  get isAlive(): boolean {
    return !this.#closed && this.#broken === undefined;
  }

  /** Whether Node's permission model holds in it, as it found before it ran anything; rejects if it ended before. */
  get ready(): Promise<boolean> {
    return this.#ready.promise;
  }

  /** Bytes of stderr that came so far in this call. */
  get stderr(): Tail | undefined {
    return this.#current?.stderr;
  }

  /** Makes one call; never rejects. The runner must be ready and idle. */
  call(call: RunnerCall): Promise<{ readonly answer: RunnerAnswer; readonly stderr: Tail }> {
    if (this.#current !== undefined || !this.#isReady) throw new TypeError('a runner takes one call at a time');
    this.calls += 1;
    const stderr = new Tail(call.limits.stderrBytes);
    return new Promise((resolve) => {
      const answer = (answer: RunnerAnswer): void => {
        this.#current = undefined;
        resolve({ answer, stderr });
      };
      this.#current = {
        call,
        stderr,
        answer,
        stdoutBytes: 0,
        liveStderrBytes: 0,
        progressEvents: 0,
        wantsStdin: false,
        journal: undefined,
      };
      if (!this.isAlive) return answer({ kind: 'gone', how: 'it had ended before the call' });
      for (const frame of call.frames) this.#process.link.write(frame);
    });
  }

  /** Ends the process at once; the call that runs answers `gone`. */
  kill(how: string): void {
    this.#broken ??= how;
    this.#process.kill();
    // What still comes is not looked at any more, and must not hold the process's end back.
    this.#process.link.resume();
  }

  #break(how: string): void {
    this.kill(`it was ended: ${how}`);
  }

  #end(how: string): string {
    this.#closed = true;
    this.#process.link.destroy();
    this.#ready.promise.catch(ignore);
    this.#ready.reject(new Error(how));
    this.#current?.answer({ kind: 'gone', how });
    return how;
  }

  #most(kind: FromRunnerKind): number {
    switch (kind) {
      case FROM_RUNNER.end:
        return MAX_END_BYTES + (this.#current?.call.limits.outputBytes ?? 0);
      case FROM_RUNNER.journal:
        return this.#current?.call.journalBytes ?? 0;
      case FROM_RUNNER.ready:
        return 1;
      case FROM_RUNNER.progress:
        return MAX_PROGRESS_BYTES;
      case FROM_RUNNER.stdout:
      case FROM_RUNNER.stderr:
        return MAX_CHUNK_BYTES;
      case FROM_RUNNER.wantStdin:
        return 4;
    }
  }

  #take(kind: FromRunnerKind, body: Buffer): void {
    if (this.#broken !== undefined) return;
    let wrong: string | undefined;
    try {
      wrong = this.#current === undefined ? this.#takeIdle(kind, body) : this.#takers[kind](this.#current, body);
    } catch (error) {
      // The caller's own function, for progress or stdio. Here nobody would catch it.
      wrong = `what it said could not be passed on: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (wrong !== undefined) this.#break(wrong);
  }

  #takeIdle(kind: FromRunnerKind, body: Buffer): string | undefined {
    if (kind !== FROM_RUNNER.ready || this.#isReady || body.length !== 1) return 'it spoke without being asked';
    this.#isReady = true;
    this.#ready.resolve(body[0] === 1);
    return undefined;
  }

  #takeStdout(current: Current, body: Buffer): string | undefined {
    const { live, limits } = current.call;
    current.stdoutBytes += body.length;
    if (live === undefined) return 'it sent output in pieces';
    if (current.stdoutBytes > limits.outputBytes) return 'it sent more output than allowed';
    this.#pass(live.writeStdout(body));
    return undefined;
  }

  #takeStderr(current: Current, body: Buffer): string | undefined {
    const { live, limits } = current.call;
    current.stderr.push(body);
    if (live === undefined) return undefined;
    current.liveStderrBytes += body.length;
    if (current.liveStderrBytes > limits.outputBytes) return 'it sent more stderr than allowed';
    this.#pass(live.writeStderr(body));
    return undefined;
  }

  #takeWant(current: Current, body: Buffer): string | undefined {
    const { live } = current.call;
    if (live === undefined || current.wantsStdin || body.length !== 4) return 'it asked for stdin out of turn';
    this.#feed(current, live, Math.min(body.readUInt32LE(0), MAX_CHUNK_BYTES));
    return undefined;
  }

  /** Takes nothing more in until the output has gone on. */
  #pass(written: Promise<void> | undefined): void {
    if (written === undefined) return;
    const from = this.#process.link;
    from.pause();
    written.then(
      () => from.resume(),
      () => this.#break('its output could not be passed on'),
    );
  }

  #feed(current: Current, live: LiveStdio, most: number): void {
    current.wantsStdin = true;
    live.readStdin(most).then(
      (bytes) => {
        current.wantsStdin = false;
        // The call may have ended meanwhile, by its deadline for instance.
        if (this.#current !== current || !this.isAlive) return;
        for (const part of encodeToRunner(TO_RUNNER.stdin, {}, bytes)) this.#process.link.write(part);
      },
      () => this.#break('its input could not be read'),
    );
  }
}

function takeProgress(current: Current, body: Buffer): string | undefined {
  const event = parseProgress(body);
  current.progressEvents += 1;
  if (event === undefined) return 'it sent progress that is none';
  if (current.progressEvents > current.call.limits.progressEvents) return 'it sent more progress than allowed';
  current.call.onProgress?.(event);
  return undefined;
}

function takeEnd(current: Current, body: Buffer): string | undefined {
  const end = decodeEnd(body);
  if (end === undefined) return 'it sent an end that is none';
  if (end.stdout.length > current.call.limits.outputBytes) return 'it sent more output than allowed';
  const journal = journalOf(current, end);
  if (journal === 'out of turn') return 'it sent a journal out of turn';
  if (end.stderrCut) current.stderr.markCut();
  const { journal: _, ...rest } = end;
  current.answer(journal === undefined ? rest : { ...rest, journal });
  return undefined;
}

function takeJournal(current: Current, body: Buffer): string | undefined {
  if (current.call.journalBytes === undefined || current.journal !== undefined) return 'it sent a journal out of turn';
  current.journal = body;
  return undefined;
}

/** What the runner says that became of the recording, if it was asked for one. */
function journalOf({ call, journal: sent }: Current, { journal }: RunnerEnd): Recorded | 'out of turn' | undefined {
  if (sent !== undefined) return journal?.kind === 'sent' ? { kind: 'kept', bytes: sent } : 'out of turn';
  if (journal === undefined) return undefined;
  if (call.journalBytes === undefined || journal.kind === 'sent') return 'out of turn';
  // A view of the frame would keep all of its output alive.
  return journal.kind === 'kept' ? { kind: 'kept', bytes: new Uint8Array(journal.bytes) } : journal;
}

function ignore(): void {}
