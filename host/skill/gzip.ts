import { crc32, inflateRawSync } from 'node:zlib';
import { deflateSync } from 'fflate';
import { concatBytes } from '../base/bytes.ts';
import { HostError, systemCode } from '../base/error.ts';

const TRAILER_BYTES = 8;
const FIXED_HEADER_BYTES = 10;

const FLAG = { headerCrc: 0x02, extra: 0x04, name: 0x08, comment: 0x10, reserved: 0xe0 } as const;

/** Deflate, no flags, time 0, "best compression", OS unknown: the same ten bytes on every system. */
const HEADER = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);

/**
 * A gzip file of one member without name and time, the same bytes on every system: zlib's change with its version and with what the
 * processor can do, those of fflate, plain JavaScript and pinned, do not.
 */
export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length % 2 ** 32, 4);
  return concatBytes(HEADER, deflateSync(bytes, { level: 9 }), trailer);
}

/**
 * What a gzip file of exactly one member holds. Inflating stops at `maxBytes`, whatever the file claims.
 * @throws HostError `archive-invalid` for anything but one whole member with right checksum and nothing behind it;
 *   `archive-too-large` beyond `maxBytes`.
 * Source: RFC 1952.
 */
export function gunzip(untrusted: Uint8Array, maxBytes: number): Uint8Array {
  const start = headerLength(untrusted);
  const { bytes, consumed } = inflate(untrusted.subarray(start), maxBytes);
  const trailer = untrusted.subarray(start + consumed);
  if (trailer.length < TRAILER_BYTES) throw invalid('the gzip data is cut off');
  if (trailer.length > TRAILER_BYTES) throw invalid('there is something behind the gzip data');
  const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES);
  if (view.getUint32(0, true) !== crc32(bytes) || view.getUint32(4, true) !== bytes.length % 2 ** 32) {
    throw invalid('the gzip checksum does not match');
  }
  return bytes;
}

function headerLength(file: Uint8Array): number {
  if (file[0] !== 0x1f || file[1] !== 0x8b) throw invalid('it is no gzip file');
  const flags = file[3];
  if (flags === undefined || file[2] !== 8 || (flags & FLAG.reserved) !== 0)
    throw invalid('its gzip header is unknown');
  let at = FIXED_HEADER_BYTES;
  if ((flags & FLAG.extra) !== 0) at += 2 + (file[at] ?? 0) + 256 * (file[at + 1] ?? 0);
  for (const text of [FLAG.name, FLAG.comment]) {
    if ((flags & text) === 0) continue;
    const end = file.indexOf(0, at);
    if (end < 0) throw invalid('its gzip header is cut off');
    at = end + 1;
  }
  if ((flags & FLAG.headerCrc) !== 0) {
    const stated = (file[at] ?? 0) + 256 * (file[at + 1] ?? 0);
    if (stated !== (crc32(file.subarray(0, at)) & 0xffff)) throw invalid('its gzip header has a wrong checksum');
    at += 2;
  }
  if (at > file.length) throw invalid('its gzip header is cut off');
  return at;
}

function inflate(deflated: Uint8Array, maxBytes: number): { bytes: Uint8Array; consumed: number } {
  try {
    // With `info` Node also tells how much of the input the one deflate stream took: that is how a second member shows.
    const result: unknown = inflateRawSync(deflated, { maxOutputLength: maxBytes, info: true });
    if (!hasInfo(result)) throw new TypeError('inflateRawSync without its engine');
    return { bytes: result.buffer, consumed: result.engine.bytesWritten };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new HostError('archive-too-large', `The archive unpacks to more than ${maxBytes} bytes`, {
        limitBytes: maxBytes,
      });
    }
    if (code === 'Z_BUF_ERROR') throw invalid('the gzip data is cut off');
    if (code !== undefined && code.startsWith('Z_')) throw invalid('the gzip data is damaged');
    throw error;
  }
}

function hasInfo(value: unknown): value is { buffer: Uint8Array; engine: { bytesWritten: number } } {
  return typeof value === 'object' && value !== null && 'buffer' in value && 'engine' in value;
}

function invalid(why: string): HostError {
  return new HostError('archive-invalid', `The archive cannot be read: ${why}`, {
    remedy: 'Fetch it again, or ask its author for one made by `wirken skill pack`.',
  });
}
