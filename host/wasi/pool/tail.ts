/** The last bytes of a stream, in bounded memory. */
export class Tail {
  readonly #most: number;
  #parts: Uint8Array[] = [];
  #held = 0;
  #cut = false;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  /** Keeps `bytes`. */
  push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#held += bytes.length;
    // Twice the limit is held at most, so that each byte is moved a bounded number of times.
    if (this.#held > 2 * this.#most || this.#parts.length > 1024) this.#squeeze();
  }

  /** Says that bytes were lost before they came here. */
  markCut(): void {
    this.#cut = true;
  }

  get bytes(): Uint8Array {
    this.#squeeze();
    return this.#parts[0] ?? new Uint8Array();
  }

  /** Whether something is missing in front; read after `bytes`. */
  get cut(): boolean {
    this.#squeeze();
    return this.#cut;
  }

  #squeeze(): void {
    const whole = Buffer.concat(this.#parts, this.#held);
    const kept = whole.subarray(Math.max(0, whole.length - this.#most));
    this.#cut ||= kept.length < whole.length;
    this.#parts = kept.length === 0 ? [] : [kept];
    this.#held = kept.length;
  }
}
