import type { Random } from '../../base/ports.ts';

/** How long a forwarder waits, each in milliseconds. */
export interface Pace {
  /** Before it looks for new rows. */
  readonly idleMs: number;
  /** After the first failure; it doubles with each further one. */
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  /** After a refusal: a person has to change something first. */
  readonly refusedMs: number;
  /** Before it tries again to become the one process that forwards. */
  readonly lockMs: number;
}

export const DEFAULT_PACE: Pace = {
  idleMs: 1000,
  firstRetryMs: 1000,
  lastRetryMs: 300_000,
  refusedMs: 600_000,
  lockMs: 5000,
};

/**
 * The wait before the next try after `failures` in a row: half of it fixed and half of it random, so that many hosts do not come back
 * at once; never shorter than the receiver asked for.
 */
export function retryWait(pace: Pace, failures: number, random: Random, afterMs = 0): number {
  const full = Math.min(pace.firstRetryMs * 2 ** Math.min(failures - 1, 30), pace.lastRetryMs);
  return Math.max(jittered(full, random), afterMs);
}

export function refusedWait(pace: Pace, random: Random): number {
  return jittered(pace.refusedMs, random);
}

function jittered(ms: number, random: Random): number {
  const bytes = new Uint8Array(4);
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a port, not an array
  random.fill(bytes);
  const fraction = new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  return Math.ceil(ms / 2 + (ms / 2) * fraction);
}
