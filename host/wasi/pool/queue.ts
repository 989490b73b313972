interface Waiting {
  readonly onTurn: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Lets so many in at the same time, keeps so many waiting in order, and turns the rest away. */
export class Queue {
  #free: number;
  readonly #mostWaiting: number;
  readonly #waiting: Waiting[] = [];
  #closed: { readonly reason: unknown } | undefined;

  constructor(size: number, mostWaiting: number) {
    this.#free = size;
    this.#mostWaiting = mostWaiting;
  }

  /** A turn, to be disposed of once; `'full'` if too many wait already. @throws `signal.reason` */
  async enter(signal: AbortSignal): Promise<Disposable | 'full'> {
    // oxlint-disable-next-line typescript/only-throw-error -- the closer's own reason, untouched
    if (this.#closed !== undefined) throw this.#closed.reason;
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#turn();
    }
    if (this.#waiting.length >= this.#mostWaiting) return 'full';
    let onAbort: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const waiting = { onTurn: resolve, reject };
        onAbort = () => {
          this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's own reason, untouched
          reject(signal.reason);
        };
        this.#waiting.push(waiting);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    } finally {
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
    return this.#turn();
  }

  /** Rejects everyone who waits, and everyone who comes. */
  close(reason: unknown): void {
    this.#closed = { reason };
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  #turn(): Disposable {
    return {
      [Symbol.dispose]: () => {
        const next = this.#waiting.shift();
        // The place goes from hand to hand: whoever comes in between finds none.
        if (next === undefined) this.#free += 1;
        else next.onTurn();
      },
    };
  }
}
