/**
 * A deflate encoder that gives the same bytes everywhere and for ever. zlib's output changes with its version and with what the
 * processor can do; an archive is named by its digest and has to come out the same on the next machine.
 * One block with the fixed codes, matches by hash chains of bounded length. Source: RFC 1951.
 */

const WINDOW_BYTES = 32 * 1024;
const MIN_MATCH = 3;
const MAX_MATCH = 258;
const MAX_CHAIN = 64;
const HASH_BITS = 15;
const NONE = -1;
const FINAL_BLOCK_WITH_FIXED_CODES = 0b011;
const END_OF_BLOCK = 256;

/** Smallest length and number of extra bits of the length codes 257…285. Source: RFC 1951 §3.2.5. */
const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
] as const;
const LENGTH_EXTRA_BITS = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
] as const;
/** The same of the distance codes 0…29. */
const DISTANCE_BASES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577,
] as const;

/** The deflate stream of the bytes. */
export function deflate(bytes: Uint8Array): Uint8Array {
  const out = new BitWriter(bytes.length);
  const matches = new MatchFinder(bytes);
  out.bits(FINAL_BLOCK_WITH_FIXED_CODES, 3);
  for (let at = 0; at < bytes.length;) {
    const { length, distance } = matches.find(at);
    if (length < MIN_MATCH) writeLiteral(out, bytes[at] ?? 0);
    else writeMatch(out, length, distance);
    const end = at + Math.max(length, 1);
    for (; at < end; at++) matches.add(at);
  }
  writeLiteral(out, END_OF_BLOCK);
  return out.finish();
}

class MatchFinder {
  readonly #bytes: Uint8Array;
  /** The last place with each hash, and before each place the one with the same hash. */
  readonly #last = new Int32Array(1 << HASH_BITS).fill(NONE);
  readonly #before = new Int32Array(WINDOW_BYTES);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  add(at: number): void {
    if (at + MIN_MATCH > this.#bytes.length) return;
    const hash = this.#hash(at);
    this.#before[at % WINDOW_BYTES] = this.#last[hash] ?? NONE;
    this.#last[hash] = at;
  }

  /** The longest match within reach; of equal ones the nearest. */
  find(at: number): { readonly length: number; readonly distance: number } {
    const most = Math.min(MAX_MATCH, this.#bytes.length - at);
    let [length, distance] = [0, 0];
    if (most < MIN_MATCH) return { length, distance };
    let candidate = this.#last[this.#hash(at)] ?? NONE;
    for (let links = 0; links < MAX_CHAIN && candidate !== NONE && at - candidate <= WINDOW_BYTES; links++) {
      const same = this.#common(candidate, at, most);
      if (same > length) [length, distance] = [same, at - candidate];
      if (length === most) break;
      const next = this.#before[candidate % WINDOW_BYTES] ?? NONE;
      // An entry that was overwritten by a later place ends the chain.
      if (next >= candidate) break;
      candidate = next;
    }
    return { length, distance };
  }

  #common(a: number, b: number, most: number): number {
    let length = 0;
    while (length < most && this.#bytes[a + length] === this.#bytes[b + length]) length++;
    return length;
  }

  #hash(at: number): number {
    const three = (this.#bytes[at] ?? 0) | ((this.#bytes[at + 1] ?? 0) << 8) | ((this.#bytes[at + 2] ?? 0) << 16);
    return Math.imul(three, 0x9e3779b1) >>> (32 - HASH_BITS);
  }
}

function writeMatch(out: BitWriter, length: number, distance: number): void {
  const lengthCode = LENGTH_BASES.findLastIndex((base) => base <= length);
  writeLiteral(out, END_OF_BLOCK + 1 + lengthCode);
  out.bits(length - (LENGTH_BASES[lengthCode] ?? 0), LENGTH_EXTRA_BITS[lengthCode] ?? 0);
  const distanceCode = DISTANCE_BASES.findLastIndex((base) => base <= distance);
  out.bits(reversed(distanceCode, 5), 5);
  out.bits(distance - (DISTANCE_BASES[distanceCode] ?? 0), Math.max(0, (distanceCode >> 1) - 1));
}

/** A byte, the end of the block or a length code, in the fixed code. Source: RFC 1951 §3.2.6. */
function writeLiteral(out: BitWriter, symbol: number): void {
  if (symbol < 144) out.bits(reversed(0x30 + symbol, 8), 8);
  else if (symbol < 256) out.bits(reversed(0x190 + symbol - 144, 9), 9);
  else if (symbol < 280) out.bits(reversed(symbol - 256, 7), 7);
  else out.bits(reversed(0xc0 + symbol - 280, 8), 8);
}

/** Huffman codes stand in the stream from their highest bit on, all else from the lowest. */
function reversed(code: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((code >> bit) & 1) << (bits - 1 - bit);
  return result;
}

class BitWriter {
  #out: Uint8Array;
  #length = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(inputBytes: number) {
    // A literal takes at most 9 bits, and nothing takes more than the literals that it stands for.
    this.#out = new Uint8Array(inputBytes + (inputBytes >> 3) + 16);
  }

  /** At most 16 bits, lowest first. */
  bits(value: number, count: number): void {
    this.#pending |= value << this.#pendingBits;
    this.#pendingBits += count;
    while (this.#pendingBits >= 8) {
      this.#out[this.#length++] = this.#pending & 0xff;
      this.#pending >>>= 8;
      this.#pendingBits -= 8;
    }
  }

  finish(): Uint8Array {
    if (this.#pendingBits > 0) this.#out[this.#length++] = this.#pending & 0xff;
    return this.#out.subarray(0, this.#length);
  }
}
