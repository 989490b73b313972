import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';

const CHUNK_CHARS = 64 * 1024;

/** Many lines to one stream, at the pace of whoever reads them. */
export class LineWriter {
  readonly #stream: NodeJS.WritableStream;
  readonly #signal: AbortSignal;
  #chunk = '';

  constructor(stream: NodeJS.WritableStream, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
  }

  /** @throws `signal.reason` */
  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** The same for whole lines. */
  async write(lines: string): Promise<void> {
    this.#chunk += lines;
    if (this.#chunk.length >= CHUNK_CHARS) await this.flush();
  }

  /** Resolves once the stream takes more. @throws `signal.reason` */
  async flush(): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#chunk === '') return;
    const hasRoom = this.#stream.write(this.#chunk);
    this.#chunk = '';
    if (!hasRoom) await once(this.#stream, 'drain', { signal: this.#signal });
    // That nobody reads any more (`| head`) is told in a turn of its own.
    await setImmediate(undefined, { signal: this.#signal });
  }
}
