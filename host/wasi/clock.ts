import type { GuestClock } from './world.ts';

const NS_PER_MS = 1_000_000n;

export interface SystemClockSpec {
  /** Both clocks go in steps of this. */
  readonly resolutionNs?: bigint;
}

/** The machine's time, coarsened: a guest that is not trusted with more than a millisecond gets no timer for side channels. */
export function systemGuestClock({ resolutionNs = NS_PER_MS }: SystemClockSpec = {}): GuestClock {
  const floor = (ns: bigint): bigint => ns - (ns % resolutionNs);
  const start = process.hrtime.bigint();
  let cell: Int32Array | undefined;
  return {
    resolutionNs,
    realtimeNs: () => floor(realtime(resolutionNs)),
    monotonicNs: () => floor(process.hrtime.bigint() - start),
    sleep(ns) {
      // Whole steps, so that the coarse clock has moved by at least `ns` afterwards.
      const wait = floor(ns + resolutionNs - 1n);
      const until = process.hrtime.bigint() + wait;
      cell ??= new Int32Array(new SharedArrayBuffer(4));
      for (let left = wait; left > 0n; left = until - process.hrtime.bigint()) {
        // Nobody else has the cell: this is only ever ended by the time.
        Atomics.wait(cell, 0, 0, Number(left) / Number(NS_PER_MS));
      }
    },
  };
}

function realtime(resolutionNs: bigint): bigint {
  if (resolutionNs >= NS_PER_MS) return BigInt(Date.now()) * NS_PER_MS;
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}

export interface SteppedClockSpec {
  /** Nanoseconds since 1970 that the first reading of the real time answers. */
  readonly startNs: bigint;
  /** Nanoseconds that each reading of either clock adds for the next. */
  readonly stepNs: bigint;
}

/** Time that only its readers move: the same calls read the same times. Sleeping takes none of the real one. */
export function steppedClock({ startNs, stepNs }: SteppedClockSpec): GuestClock {
  let elapsed = 0n;
  const read = (): bigint => {
    const at = elapsed;
    elapsed += stepNs;
    return at;
  };
  return {
    resolutionNs: stepNs > 0n ? stepNs : 1n,
    realtimeNs: () => BigInt.asUintN(64, startNs + read()),
    monotonicNs: () => BigInt.asUintN(64, read()),
    sleep(ns) {
      elapsed += ns;
    },
  };
}
