/** The body of a frame of the host's: a header, then raw bytes that are taken in order. */
export class Message {
  readonly #body: Uint8Array;
  readonly #headerEnd: number;
  #at: number;

  constructor(body: Uint8Array) {
    this.#body = body;
    this.#headerEnd = 4 + new DataView(body.buffer, body.byteOffset).getUint32(0, true);
    this.#at = this.#headerEnd;
  }

  /** JSON, the host's own word: it is not checked again. */
  get header(): string {
    return Buffer.from(this.#body.buffer, this.#body.byteOffset + 4, this.#headerEnd - 4).toString();
  }

  /** The next bytes, a view of the frame. */
  take(bytes: number): Uint8Array {
    this.#at += bytes;
    return this.#body.subarray(this.#at - bytes, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.#body.length - this.#at);
  }
}
