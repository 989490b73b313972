/** What one in-memory file system may hold. Taking is checked before anything is allocated. */
export class Quota {
  readonly maxBytes: number;
  readonly #maxNames: number;
  #bytes = 0;
  #names = 0;

  constructor(maxBytes: number, maxNames: number) {
    this.maxBytes = maxBytes;
    this.#maxNames = maxNames;
  }

  takeBytes(count: number): boolean {
    if (this.#bytes + count > this.maxBytes) return false;
    this.#bytes += count;
    return true;
  }

  giveBytes(count: number): void {
    this.#bytes -= count;
  }

  /** One name in a directory. */
  takeName(): boolean {
    if (this.#names >= this.#maxNames) return false;
    this.#names++;
    return true;
  }

  giveName(): void {
    this.#names--;
  }
}
