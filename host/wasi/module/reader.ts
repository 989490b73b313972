import { decodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';

/** Bytes of an import, export or section name; toolchains stay far below. */
const MAX_NAME_BYTES = 16 * 1024;

/**
 * A cursor over a part of a module that cannot leave that part. Every number is checked against what is left before it is used,
 * and nothing is allocated by a number of the file.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  /** Reads `bytes` from `at` up to `end`, both absolute. */
  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** @throws HostError module-invalid at the end */
  byte(what: string): number {
    const byte = this.at < this.end ? this.bytes[this.at] : undefined;
    if (byte === undefined) throw malformed(this.at, `ends within ${what}`);
    this.at += 1;
    return byte;
  }

  /** An unsigned LEB128 of at most 32 bits in at most 5 bytes; padding within those is legal. */
  u32(what: string): number {
    const from = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte(what);
      if (shift === 28 && byte > 0x0f) throw malformed(from, `${what} is a number of more than 32 bits`);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed(from, `${what} is a number of more than 32 bits`);
  }

  /** Passes over a LEB128, signed or not, of at most `maxBytes` bytes. */
  skipLeb(maxBytes: number, what: string): void {
    const from = this.at;
    for (let count = 0; count < maxBytes; count += 1) if (this.byte(what) < 0x80) return;
    throw malformed(from, `${what} is an overlong number`);
  }

  skip(count: number, what: string): void {
    if (count > this.left) throw malformed(this.at, `${what} reaches past its end`);
    this.at += count;
  }

  /** A length of bytes that must still be there. */
  size(what: string): number {
    const from = this.at;
    const size = this.u32(what);
    if (size > this.left) throw malformed(from, `${what} of ${size} bytes reaches past its end`);
    return size;
  }

  /** A count of entries of at least `entryBytes` each, which must have room. */
  count(entryBytes: number, what: string): number {
    const from = this.at;
    const count = this.u32(what);
    if (count * entryBytes > this.left) throw malformed(from, `${what}: ${count} entries do not fit its size`);
    return count;
  }

  /** A name: bounded, well-formed UTF-8. */
  name(what: string): string {
    const from = this.at;
    const size = this.size(what);
    if (size > MAX_NAME_BYTES) throw new HostError('module-too-large', `${what} at byte ${from} has ${size} bytes`);
    const text = decodeUtf8(this.bytes.subarray(this.at, this.at + size));
    if (text === undefined) throw malformed(from, `${what} is not UTF-8`);
    this.at += size;
    return text;
  }

  /** A reader of the next `size` bytes, over which this one passes. */
  part(size: number, what: string): ByteReader {
    const from = this.at;
    this.skip(size, what);
    return new ByteReader(this.bytes, from, this.at);
  }

  /** @throws HostError module-invalid unless everything was read */
  done(what: string): void {
    if (this.at !== this.end) throw malformed(this.at, `${what} has ${this.left} bytes too many`);
  }
}

export function malformed(at: number, why: string): HostError {
  return new HostError('module-invalid', `not a valid WebAssembly module: at byte ${at}, ${why}`, {
    at,
    remedy: 'Build the module again, or get an intact copy.',
  });
}

export function unsupported(what: string): HostError {
  return new HostError('unsupported', `the module uses ${what}, which this host does not run`, {
    remedy: 'Build the module without that feature.',
  });
}
