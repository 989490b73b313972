/** Wall time, as a port: tests hand in a fixed one. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** Cryptographic randomness, as a port. */
export interface Random {
  fill(bytes: Uint8Array): void;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still; for tests. */
export function fixedClock(at: string): Clock {
  const ms = Date.parse(at);
  return { now: () => ms };
}
