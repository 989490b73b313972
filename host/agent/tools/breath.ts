import { setImmediate } from 'node:timers/promises';

const UNITS_A_BREATH = 512;

/** Lets everything else run now and then during long synchronous work, and ends it when it is cancelled. */
export class Breath {
  readonly #signal: AbortSignal;
  #left = UNITS_A_BREATH;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** A pause to be awaited, if one is due. Rejects with `signal.reason`. */
  spend(units: number): Promise<void> | undefined {
    this.#left -= units;
    if (this.#left > 0) return undefined;
    this.#left = UNITS_A_BREATH;
    return this.#pause();
  }

  async #pause(): Promise<void> {
    await setImmediate();
    this.#signal.throwIfAborted();
  }
}
