import { FRAME_HEAD_BYTES, type FromRunnerKind, isFromRunnerKind } from './protocol.ts';

/** Frames out of the bytes that a runner sends, however they are cut. */
export class FrameReader {
  /** Most bytes of one body, by its kind; a longer one is never gathered. 0 = not due. */
  readonly #most: (kind: FromRunnerKind) => number;
  readonly #take: (kind: FromRunnerKind, body: Buffer) => void;
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES);
  #headBytes = 0;
  #kind: FromRunnerKind = 1;
  #body: Buffer | undefined;
  #bodyBytes = 0;

  /** `take` gets each body for itself. */
  constructor(most: (kind: FromRunnerKind) => number, take: (kind: FromRunnerKind, body: Buffer) => void) {
    this.#most = most;
    this.#take = take;
  }

  /** Answers false, and from then on nothing more may be pushed, once the sender broke the protocol. Does not keep `bytes`. */
  push(bytes: Uint8Array): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.#body === undefined) {
        const taken = Math.min(FRAME_HEAD_BYTES - this.#headBytes, bytes.length - at);
        this.#head.set(bytes.subarray(at, at + taken), this.#headBytes);
        this.#headBytes += taken;
        at += taken;
        if (this.#headBytes === FRAME_HEAD_BYTES && !this.#begin()) return false;
      } else {
        const taken = Math.min(this.#body.length - this.#bodyBytes, bytes.length - at);
        this.#body.set(bytes.subarray(at, at + taken), this.#bodyBytes);
        this.#bodyBytes += taken;
        at += taken;
      }
      if (this.#body !== undefined && this.#bodyBytes === this.#body.length) {
        const body = this.#body;
        this.#body = undefined;
        this.#take(this.#kind, body);
      }
    }
    return true;
  }

  #begin(): boolean {
    const length = this.#head.readUInt32LE(0);
    const kind = this.#head[4] ?? 0;
    if (!isFromRunnerKind(kind) || length > this.#most(kind)) return false;
    this.#headBytes = 0;
    this.#kind = kind;
    this.#body = Buffer.allocUnsafeSlow(length);
    this.#bodyBytes = 0;
    return true;
  }
}
