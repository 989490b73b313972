import type { CallHeader } from '../pool/protocol.ts';
import type { Message } from './message.ts';

/** Most calls are like the one before: what was parsed for it holds again. */
export class CallHeaders {
  #text = '';
  #header: CallHeader | undefined;

  parse({ header }: Message): CallHeader {
    if (this.#header !== undefined && header === this.#text) return this.#header;
    const parsed: CallHeader = JSON.parse(header);
    this.#text = header;
    this.#header = parsed;
    return parsed;
  }
}
