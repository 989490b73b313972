import type { Random } from '../base/ports.ts';
import { SALT_BYTES } from './commitment.ts';

/** Salts that are drawn at once; a draw costs more than its bytes. */
const DRAWN = 64;

/** A fresh salt for each commitment. */
export class Salts {
  readonly #random: Random;
  #drawn = new Uint8Array();
  #at = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Uint8Array {
    if (this.#at === this.#drawn.length) {
      this.#drawn = new Uint8Array(DRAWN * SALT_BYTES);
      // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a port of ours, not Array's fill
      this.#random.fill(this.#drawn);
      this.#at = 0;
    }
    const salt = this.#drawn.slice(this.#at, this.#at + SALT_BYTES);
    this.#drawn.fill(0, this.#at, this.#at + SALT_BYTES);
    this.#at += SALT_BYTES;
    return salt;
  }
}
