/** Lets so many in at the same time, keeps so many waiting in order, and turns the rest away. */
export class Queue {
  #free: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number, mostWaiting: number) {
    this.#free = size;
    this.#mostWaiting = mostWaiting;
  }

  /** A turn, to be disposed of once; `'full'` if too many wait already. @throws `signal.reason` */
  async enter(signal: AbortSignal): Promise<Disposable | 'full'> {
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#turn();
    }
    if (this.#waiting.length >= this.#mostWaiting) return 'full';
    await new Promise<void>((resolve, reject) => {
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(onTurn), 1);
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's own reason, untouched
        reject(signal.reason);
      };
      this.#waiting.push(onTurn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    return this.#turn();
  }

  #turn(): Disposable {
    return {
      [Symbol.dispose]: () => {
        const next = this.#waiting.shift();
        // The place goes from hand to hand: whoever comes in between finds none.
        if (next === undefined) this.#free += 1;
        else next();
      },
    };
  }
}
