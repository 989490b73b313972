import { decodeUtf8 } from '../../base/bytes.ts';
import type { FileHandle } from '../../workspace/layer.ts';
import { demand } from './failure.ts';

/** A zero byte this near to the front tells a binary file. */
export const SNIFFED_BYTES = 8_192;
const CHUNK_BYTES = 64 * 1024;

/** The chunks of a file from byte `at` on, until its end. Each is good until the next is asked for. @throws HostError */
export function* chunksOf(file: FileHandle, path: string, at = 0): Generator<Uint8Array> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const count = file.read(chunk, BigInt(at));
    if (typeof count === 'string') demand(path, count);
    const read = Number(count);
    if (read === 0) return;
    yield chunk.subarray(0, read);
    at += read;
  }
}

/** All bytes of a file, or `undefined` if there are more than `maxBytes`. @throws HostError */
export function readBytes(file: FileHandle, path: string, maxBytes: number): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const chunk of chunksOf(file, path)) {
    length += chunk.length;
    // Counted as they come: a file may grow while it is read.
    if (length > maxBytes) return undefined;
    parts.push(chunk.slice());
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : new Uint8Array(Buffer.concat(parts));
}

/** The text of bytes that are a text: well-formed UTF-8 without a zero byte near the front. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  return bytes.subarray(0, SNIFFED_BYTES).includes(0) ? undefined : decodeUtf8(bytes);
}

/** How many of the first `most` bytes are whole characters. */
export function wholeCharacters(bytes: Uint8Array, most: number): number {
  if (bytes.length <= most) return bytes.length;
  let end = most;
  // A character has four bytes at most, so three continuation bytes at most stand before its front.
  while (end > most - 4 && end > 0 && isContinuation(bytes[end])) end -= 1;
  return isContinuation(bytes[end]) ? most : end;
}

/** Where the first character begins at or after `from`. */
export function characterFrom(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < from + 4 && isContinuation(bytes[at])) at += 1;
  return at;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** `1 line`, `2 lines`, `1,234 bytes`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
