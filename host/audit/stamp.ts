import type { Clock } from '../base/ports.ts';

/** Times as the log writes them. */
export class Stamp {
  readonly #clock: Clock;
  readonly #onNotice: (line: string) => void;
  #ms = Number.NEGATIVE_INFINITY;
  #text = '';
  #hasRunBackwards = false;

  constructor(clock: Clock, onNotice: (line: string) => void) {
    this.#clock = clock;
    this.#onNotice = onNotice;
  }

  /**
   * `YYYY-MM-DDTHH:MM:SS.sssZ`. A clock that runs backwards is reported once and written down as it is: rows are ordered by their id.
   * @throws TypeError for a clock outside of the years 0 to 9999
   */
  now(): string {
    const ms = this.#clock.now();
    if (ms === this.#ms) return this.#text;
    const text = formatTime(ms);
    if (ms < this.#ms && !this.#hasRunBackwards) {
      this.#hasRunBackwards = true;
      this.#onNotice(
        `The clock ran backwards, from ${this.#text} to ${text}; the audit log keeps the order of its rows`,
      );
    }
    this.#ms = ms;
    this.#text = text;
    return text;
  }
}

/** Milliseconds since 1970 as the log writes them. @throws TypeError outside of the years 0 to 9999 */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  if (text.length !== 24) throw new TypeError('the clock stands outside of the years that the audit log can write');
  return text;
}
