import { Tail } from '../../../wasi/pool/tail.ts';
import { characterFrom, counted, wholeCharacters } from '../bytes.ts';

const HEAD_BYTES = 24 * 1024;
const TAIL_BYTES = 40 * 1024;

/** What a program wrote, as far as it was kept. */
export interface Captured {
  /** Well-formed; of a long one the front and the end, with a line between them that says how much is missing. */
  readonly text: string;
  /** All that it wrote. */
  readonly bytes: number;
  readonly cut: boolean;
}

/** Keeps the front and the end of a stream in bounded memory. */
export class Capture {
  readonly #head: Uint8Array[] = [];
  readonly #tail = new Tail(TAIL_BYTES);
  #headBytes = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps `chunk`, which nobody changes any more. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const front = chunk.subarray(0, HEAD_BYTES - this.#headBytes);
    if (front.length > 0) this.#head.push(front);
    this.#headBytes += front.length;
    if (front.length < chunk.length) this.#tail.push(chunk.subarray(front.length));
  }

  captured(): Captured {
    const head = Buffer.concat(this.#head);
    const tail = this.#tail.bytes;
    const missing = this.#bytes - head.length - tail.length;
    if (missing === 0) return { text: decode(Buffer.concat([head, tail])), bytes: this.#bytes, cut: false };
    const end = wholeCharacters(head, head.length - 1);
    const start = characterFrom(tail, 0);
    const left = missing + (head.length - end) + start;
    const text = `${decode(head.subarray(0, end))}\n… ${counted(left, 'byte')} left out …\n${decode(tail.subarray(start))}`;
    return { text, bytes: this.#bytes, cut: true };
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
