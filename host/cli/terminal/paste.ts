import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

const START = '\u001b[200~';
const END = '\u001b[201~';

/** Asks a terminal to mark what is pasted; `off` undoes it. */
export const BRACKETED_PASTE = { on: '\u001b[?2004h', off: '\u001b[?2004l' } as const;

interface RawMode {
  setRawMode(on: boolean): unknown;
}

/**
 * Keys from a terminal in which a paste is text and nothing else: its line ends become blanks, its other control characters go, so
 * that it neither runs anything nor acts as keys before the person has seen it.
 */
export class PastedInput extends Transform {
  readonly isTTY = true;
  readonly #terminal: RawMode;
  readonly #decoder = new TextDecoder();
  #pasting = false;
  #held = '';

  constructor(terminal: RawMode) {
    super();
    this.#terminal = terminal;
  }

  /** Readline switches its input to raw mode; the terminal behind it is meant. */
  setRawMode(on: boolean): this {
    this.#terminal.setRawMode(on);
    return this;
  }

  override _transform(chunk: Uint8Array, _encoding: string, done: TransformCallback): void {
    let rest = this.#held + this.#decoder.decode(chunk, { stream: true });
    let out = '';
    for (;;) {
      const marker = this.#pasting ? END : START;
      const at = rest.indexOf(marker);
      if (at === -1) break;
      out += this.#taken(rest.slice(0, at));
      rest = rest.slice(at + marker.length);
      this.#pasting = !this.#pasting;
    }
    // A marker may be cut by the end of the chunk. Outside of a paste the first two characters may be a key of their own.
    // A carriage return in a paste may be half a line end.
    const kept =
      this.#pasting && rest.endsWith('\r') ? 1 : cutMarker(rest, this.#pasting ? END : START, this.#pasting ? 1 : 3);
    this.#held = rest.slice(rest.length - kept);
    out += this.#taken(rest.slice(0, rest.length - kept));
    done(null, out === '' ? undefined : out);
  }

  #taken(text: string): string {
    // oxlint-disable-next-line no-control-regex
    return this.#pasting ? text.replace(/\r\n?|\n|\t/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '') : text;
  }
}

function cutMarker(text: string, marker: string, shortest: number): number {
  for (let length = marker.length - 1; length >= shortest; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}
