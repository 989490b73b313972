import { setTimeout as later } from 'node:timers/promises';

/** A sleep that whoever has news can end for all sleepers. */
export class Wake {
  #nap = new AbortController();
  #sleepers = 0;

  all(): void {
    if (this.#sleepers === 0) return;
    this.#nap.abort();
    this.#nap = new AbortController();
  }

  /** @throws the reason of `signal` */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const nap = this.#nap.signal;
    this.#sleepers += 1;
    try {
      await later(ms, undefined, { signal: AbortSignal.any([signal, nap]) });
    } catch (error) {
      signal.throwIfAborted();
      if (!nap.aborted) throw error;
    } finally {
      this.#sleepers -= 1;
    }
  }
}
