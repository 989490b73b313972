import type { Guest } from './guest.ts';
import { Pollable } from './io.ts';

/** `wasi:clocks/wall-clock.datetime` */
export interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

const NS_PER_SECOND = 1_000_000_000n;

export function datetime(ns: bigint): Datetime {
  const positive = ns < 0n ? 0n : ns;
  return { seconds: positive / NS_PER_SECOND, nanoseconds: Number(positive % NS_PER_SECOND) };
}

export function nanoseconds(time: Datetime): bigint {
  return time.seconds * NS_PER_SECOND + BigInt(time.nanoseconds);
}

/** `wasi:clocks` */
export function clocks(guest: Guest) {
  return {
    'monotonic-clock': {
      now: (): bigint => guest.world.clock.monotonicNs(),
      resolution: (): bigint => guest.world.clock.resolutionNs,
      subscribeInstant: (when: bigint) => new Pollable(guest, when),
      subscribeDuration: (wait: bigint) => new Pollable(guest, guest.world.clock.monotonicNs() + wait),
    },
    'wall-clock': {
      now: (): Datetime => datetime(guest.world.clock.realtimeNs()),
      resolution: (): Datetime => datetime(guest.world.clock.resolutionNs),
    },
  };
}
