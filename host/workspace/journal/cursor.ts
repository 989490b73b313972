import { decodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { NUMBER_BYTES } from './writer.ts';

/** Takes a journal's bytes apart. Whatever is not as a writer makes it is refused, and nothing is allocated by a number in it. */
export class JournalCursor {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(untrusted: Uint8Array, at = 0) {
    this.#bytes = untrusted;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws HostError `audit-invalid` */
  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.bad('it is cut off');
    this.#at += 1;
    return byte;
  }

  /** A number below a limit. @throws HostError `audit-invalid` */
  below(limit: number): number {
    const value = this.number();
    if (value >= limit) throw this.bad('a number is too large');
    return value;
  }

  /** 0 to 2^53 - 1. @throws HostError `audit-invalid` */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw this.bad('a number is too large');
      if (byte < 0x80) {
        if (byte === 0 && scale > 1) throw this.bad('a number is longer than it need be');
        return value;
      }
    }
  }

  /** Unsigned. @throws HostError `audit-invalid` */
  big(): bigint {
    let value = 0n;
    for (let bytes = 0; bytes < NUMBER_BYTES; bytes++) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * bytes);
      if (byte < 0x80) {
        if (byte === 0 && bytes > 0) throw this.bad('a number is longer than it need be');
        return value;
      }
    }
    throw this.bad('a number is too large');
  }

  /** @throws HostError `audit-invalid` */
  signed(): bigint {
    const value = this.big();
    return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
  }

  /** @throws HostError `audit-invalid` */
  text(): string {
    const text = decodeUtf8(this.raw(this.number()));
    if (text === undefined) throw this.bad('a text is not UTF-8');
    return text;
  }

  /** The next bytes, a view. @throws HostError `audit-invalid` */
  raw(bytes: number): Uint8Array {
    if (bytes > this.left) throw this.bad('it is cut off');
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }

  /** Moves on over these bytes, if they come next. */
  skipIf(expected: Uint8Array): boolean {
    const next = this.#bytes.subarray(this.#at, this.#at + expected.length);
    if (Buffer.compare(next, expected) !== 0) return false;
    this.#at += expected.length;
    return true;
  }

  /** What is wrong at this place, to be thrown. */
  bad(what: string): HostError {
    return new HostError('audit-invalid', `the journal of a call is no journal: ${what}, at byte ${this.#at}`, {
      byte: this.#at,
    });
  }
}
