/** Guest memory that may lie about dead before it is collected, in bytes. */
const MAX_DEAD_BYTES = 16 * 1024 * 1024;
const MAX_DEAD_INSTANCES = 64;

/**
 * Collects dead instances by what they held: the engine's own measure knows nothing of guest memory until it is very large. A collection
 * of the young is ten times cheaper than a full one and finds nearly all; what it may have passed over, the newest instance each time,
 * is counted until a full one is due.
 */
export class Collector {
  #young = new Tally();
  #passedOver = new Tally();

  afterCall(memoryBytes: number): void {
    this.#young.add(memoryBytes);
    if (!this.#young.isFull) return;
    this.#young = new Tally();
    this.#passedOver.add(memoryBytes);
    if (!this.#passedOver.isFull) globalThis.gc?.({ type: 'minor' });
    else {
      this.#passedOver = new Tally();
      globalThis.gc?.();
    }
  }
}

class Tally {
  #bytes = 0;
  #instances = 0;

  add(memoryBytes: number): void {
    this.#bytes += memoryBytes;
    this.#instances += 1;
  }

  get isFull(): boolean {
    return this.#bytes >= MAX_DEAD_BYTES || this.#instances >= MAX_DEAD_INSTANCES;
  }
}
