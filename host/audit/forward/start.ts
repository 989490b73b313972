import { hostname } from 'node:os';
import { setImmediate as yieldOnce, setTimeout as sleep } from 'node:timers/promises';
import { HostError } from '../../base/error.ts';
import type { Clock, Random } from '../../base/ports.ts';
import { shown } from '../../base/shown.ts';
import { wants } from './actions.ts';
import { readCredential } from './credential.ts';
import { DeadLetters } from './dead-letters.ts';
import { tryLock } from './lock.ts';
import { ForwardLoop } from './loop.ts';
import { makeForwarder } from './make-forwarder.ts';
import { DEFAULT_PACE, type Pace } from './pace.ts';
import { ensureForwardDir, forwardFiles } from './place.ts';
import { openRows } from './rows.ts';
import type { ForwardSpec } from './spec.ts';
import { StateFile } from './state-file.ts';
import { Wake } from './wake.ts';

/** How long a single run waits for another process, or a `status` that looks, to let go of a forwarder. */
const ONCE_LOCK_TRIES = 20;
const ONCE_LOCK_WAIT_MS = 100;

export interface ForwardOptions {
  readonly dataDir: string;
  readonly specs: readonly ForwardSpec[];
  /** Where `token-env` looks. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  /** One line for a person about one forwarder, when something changes. It holds nothing that acts on a terminal and no credential. */
  readonly log: (name: string, line: string) => void;
  readonly signal: AbortSignal;
  /** What receivers are told about where the log lives; the machine's name, if absent. */
  readonly host?: string;
  readonly pace?: Pace;
}

/** Forwarders at work. Disposing stops them and waits until they have stopped; a batch under way is sent again by the next one. */
export interface Forwarding extends AsyncDisposable {
  /** Settles when all have stopped; rejects only for an error of ours. */
  readonly closed: Promise<void>;
  /** There are new rows: nobody waits for the next look. Never needed, never slow. */
  wake(): void;
}

/**
 * Forwards to each receiver as long as the process lives. A receiver that is down or slow holds up nothing but itself. Where another
 * process forwards already, this one takes over when that one ends.
 */
export function startForwarding(options: ForwardOptions): Forwarding {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const wake = new Wake();
  const running = options.specs.map((spec) => untilStopped(forwardAlways(spec, options, wake, signal), signal));
  const closed = Promise.allSettled(running).then((ends) => {
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  });
  // Whoever waits for it gets the error; a host that does not must not die of a forwarder.
  closed.catch((error: unknown) =>
    options.log('forwarding', `stopped by an error of its own: ${shown(String(error))}`),
  );
  return {
    closed,
    wake: () => wake.all(),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await closed;
    },
  };
}

/** How far a single run came. */
export interface ForwardOutcome {
  readonly name: string;
  /** `waiting`: a later run will get on; `refused`: only after a person changed something; `busy`: another process forwards. */
  readonly kind: 'drained' | 'waiting' | 'refused' | 'busy';
  readonly sent: number;
  readonly dead: number;
  readonly reason?: string;
}

/** Sends what there is, to all receivers at once, and stops at the first failure of each. @throws the reason of `signal` */
export async function forwardOnce(options: ForwardOptions): Promise<readonly ForwardOutcome[]> {
  return await Promise.all(options.specs.map((spec) => once(spec, options)));
}

async function once(spec: ForwardSpec, options: ForwardOptions): Promise<ForwardOutcome> {
  const { name } = spec;
  const { signal } = options;
  try {
    ensureForwardDir(options.dataDir);
    using lock = await lockSoon(forwardFiles(options.dataDir, name).busy, signal);
    if (lock === undefined) {
      return { name, kind: 'busy', sent: 0, dead: 0, reason: 'another process forwards to it' };
    }
    using loop = makeLoop(spec, options);
    const before = loop.state;
    const done = () => ({ sent: loop.state.sent - before.sent, dead: loop.state.dead - before.dead });
    for (;;) {
      const step = await loop.step(signal);
      if (step.kind === 'idle') return { name, kind: 'drained', ...done() };
      if (step.kind === 'moved') continue;
      const { kind, reason } = step.trouble;
      return { name, kind: kind === 'refused' ? 'refused' : 'waiting', ...done(), reason };
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { name, kind: 'refused', sent: 0, dead: 0, reason: error.message };
  }
}

async function lockSoon(path: string, signal: AbortSignal): Promise<Disposable | undefined> {
  for (let tries = 1; ; tries += 1) {
    const lock = tryLock(path);
    if (lock !== undefined || tries === ONCE_LOCK_TRIES) return lock;
    await sleep(ONCE_LOCK_WAIT_MS, undefined, { signal });
  }
}

async function forwardAlways(
  spec: ForwardSpec,
  options: ForwardOptions,
  wake: Wake,
  signal: AbortSignal,
): Promise<void> {
  const pace = options.pace ?? DEFAULT_PACE;
  let said: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    try {
      ensureForwardDir(options.dataDir);
      using lock = tryLock(forwardFiles(options.dataDir, spec.name).busy);
      if (lock !== undefined) await forwardWhileLocked(spec, options, wake, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HostError)) throw error;
      if (said !== error.message) options.log(spec.name, error.message);
      said = error.message;
    }
    await sleep(pace.lockMs, undefined, { signal });
  }
}

async function forwardWhileLocked(
  spec: ForwardSpec,
  options: ForwardOptions,
  wake: Wake,
  signal: AbortSignal,
): Promise<never> {
  const pace = options.pace ?? DEFAULT_PACE;
  using loop = makeLoop(spec, options);
  for (;;) {
    const step = await loop.step(signal);
    if (step.kind === 'moved') await yieldOnce(undefined, { signal });
    else if (step.kind === 'idle') await wake.sleep(pace.idleMs, signal);
    else await sleep(step.ms, undefined, { signal });
  }
}

function makeLoop(spec: ForwardSpec, options: ForwardOptions): ForwardLoop {
  const { dataDir, env, clock, random } = options;
  const files = forwardFiles(dataDir, spec.name);
  const forwarder = makeForwarder(spec, {
    credential: () => readCredential(spec.credential, spec.name, { env, dataDir }),
    host: options.host ?? hostname(),
    clock,
    random,
  });
  return new ForwardLoop({
    forwarder,
    openRows: () => openRows(dataDir),
    stateFile: new StateFile(files.state),
    deadLetters: new DeadLetters(files.dead),
    wanted: wants(spec.actions),
    start: spec.start,
    clock,
    random,
    pace: options.pace ?? DEFAULT_PACE,
    log: (line) => options.log(spec.name, line),
  });
}

/** An abort is how these end. */
async function untilStopped(work: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
