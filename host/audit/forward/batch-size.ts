/**
 * How many rows a request holds while a receiver rejects batches without saying which row is at fault: half as many after each
 * rejection, and twice as many after each success beyond the batch that was rejected.
 */
export class BatchSize {
  readonly #most: number;
  #rows: number;
  #suspectUntil = 0;

  constructor(most: number) {
    this.#most = most;
    this.#rows = most;
  }

  get rows(): number {
    return this.#rows;
  }

  /** A batch of more than one row, up to row `lastId`, was rejected. */
  rejected(count: number, lastId: number): void {
    this.#rows = Math.max(1, Math.ceil(count / 2));
    this.#suspectUntil = Math.max(this.#suspectUntil, lastId);
  }

  /** The row at fault is known. */
  found(): void {
    this.#suspectUntil = 0;
  }

  accepted(lastId: number): void {
    if (lastId >= this.#suspectUntil) this.#rows = Math.min(this.#rows * 2, this.#most);
  }
}
