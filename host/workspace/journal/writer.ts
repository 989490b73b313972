const FIRST_BYTES = 256;
/** The longest number: 112 bits, for a file system may keep seconds in 64 of them, in groups of seven. */
export const NUMBER_BYTES = 16;
const NUMBER_BITS = 7 * NUMBER_BYTES;
/** Texts up to this have a length of one byte. */
const SHORT_CHARS = 0x7f;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** What fits into a number when it is doubled. */
const NEAR = 2 ** 52;
const EMPTY = Buffer.alloc(0);

/** Where a writer writes; it puts a larger buffer in when it needs one. One room serves one writer at a time. */
export interface Room {
  bytes: Buffer;
}

/** Bytes that are only ever appended to, up to a maximum or a little less; once that is passed everything is dropped and what still comes costs nothing. */
export class JournalWriter {
  readonly #maxBytes: number;
  readonly #room: Room;
  #bytes: Buffer;
  /** Bytes of it that may be written. */
  #end: number;
  #length = 0;
  #isFull = false;

  constructor(maxBytes: number, room: Room = { bytes: EMPTY }) {
    this.#maxBytes = maxBytes;
    this.#room = room;
    this.#bytes = room.bytes;
    this.#end = Math.min(maxBytes, room.bytes.length);
  }

  /** More was written than allowed; nothing of it is here any more. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, a view. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Whether part of what was written is this. */
  holds(from: number, to: number, value: Uint8Array): boolean {
    return value.length === to - from && this.#bytes.compare(value, 0, value.length, from, to) === 0;
  }

  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    if (this.#reserve(1)) this.#bytes[this.#length++] = value;
  }

  /** @param value 0 to 2^53 - 1 */
  number(value: number): void {
    if (!this.#reserve(NUMBER_BYTES)) return;
    let rest = value;
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** @param value unsigned, 112 bits of it count */
  big(value: bigint): void {
    if (value >= 0n && value <= MAX_SAFE) this.number(Number(value));
    else if (this.#reserve(NUMBER_BYTES)) {
      let rest = BigInt.asUintN(NUMBER_BITS, value);
      while (rest > 0x7fn) {
        this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
        rest >>= 7n;
      }
      this.#bytes[this.#length++] = Number(rest);
    }
  }

  /** @param value 111 bits and a sign of it count */
  signed(value: bigint): void {
    const near = Number(value);
    if (near > -NEAR && near < NEAR) this.number(near >= 0 ? 2 * near : -2 * near - 1);
    else this.big(value >= 0n ? value << 1n : (-value << 1n) - 1n);
  }

  text(value: string): void {
    if (this.#shortText(value)) return;
    // Three bytes a UTF-16 unit at the most, and the length in front of it.
    if (!this.#reserve(value.length * 3 + NUMBER_BYTES)) return;
    const bytes = Buffer.byteLength(value);
    this.number(bytes);
    this.#bytes.write(value, this.#length, 'utf8');
    this.#length += bytes;
  }

  /** Without a length in front. */
  raw(value: Uint8Array): void {
    if (!this.#reserve(value.length)) return;
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** The same for a name of ASCII, as most are: no call into the engine's own code. */
  #shortText(value: string): boolean {
    const { length } = value;
    if (length > SHORT_CHARS || !this.#reserve(length + 1)) return false;
    const bytes = this.#bytes;
    const start = this.#length + 1;
    for (let at = 0; at < length; at++) {
      const unit = value.charCodeAt(at);
      if (unit > 0x7f) return false;
      bytes[start + at] = unit;
    }
    bytes[start - 1] = length;
    this.#length = start + length;
    return true;
  }

  /** Makes room; false if there is none to be had. */
  #reserve(bytes: number): boolean {
    const needed = this.#length + bytes;
    if (needed <= this.#end) return true;
    if (this.#isFull) return false;
    if (needed > this.#maxBytes) return this.#drop();
    const grown = Buffer.allocUnsafe(Math.min(Math.max(2 * this.#bytes.length, needed, FIRST_BYTES), this.#maxBytes));
    grown.set(this.bytes);
    this.#bytes = grown;
    this.#end = grown.length;
    this.#room.bytes = grown;
    return true;
  }

  #drop(): boolean {
    this.#isFull = true;
    this.#bytes = EMPTY;
    this.#end = 0;
    this.#length = 0;
    return false;
  }
}
