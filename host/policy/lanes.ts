/** Work done one at a time in each lane, in the order in which it was asked for. */
export class Lanes {
  readonly #lanes = new Map<string, { last: Promise<void>; waiting: number }>();
  readonly #maxWaiting: number;

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Runs `work` once everything before it in the lane has ended; `full` if too much waits there already.
   * Rejects with `signal.reason` if that comes while it waits.
   */
  async run<T>(lane: string, work: () => Promise<T>, signal: AbortSignal): Promise<T | 'full'> {
    const queue = this.#lanes.get(lane) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= this.#maxWaiting) return 'full';
    this.#lanes.set(lane, queue);
    const before = queue.last;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    // Who leaves early lets nobody past those before him.
    queue.last = before.then(() => ended);
    queue.waiting += 1;
    try {
      await orAborted(before, signal);
      return await work();
    } finally {
      end();
      queue.waiting -= 1;
      if (queue.waiting === 0) this.#lanes.delete(lane);
    }
  }
}

/** What the promise answers, or `signal.reason` if that comes first or came before; what the promise does then is nobody's concern. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  // The reason is handed on as it is.
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
