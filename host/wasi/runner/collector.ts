/** Guest memory that may lie about dead before it is collected, in bytes. */
const MAX_DEAD_BYTES = 48 * 1024 * 1024;
const MAX_DEAD_INSTANCES = 512;

/** Collects dead instances by what they held: the engine's own measure knows nothing of guest memory until it is very large. */
export class Collector {
  #deadBytes = 0;
  #deadInstances = 0;

  afterCall(memoryBytes: number): void {
    this.#deadBytes += memoryBytes;
    this.#deadInstances += 1;
    if (this.#deadBytes < MAX_DEAD_BYTES && this.#deadInstances < MAX_DEAD_INSTANCES) return;
    this.#deadBytes = 0;
    this.#deadInstances = 0;
    globalThis.gc?.();
  }
}
