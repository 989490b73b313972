import { encodeHex } from '../../base/bytes.ts';
import type { Random } from '../../base/ports.ts';

/** A random UUID. Source: RFC 9562 §5.4. */
export function uuid(random: Random): string {
  const bytes = new Uint8Array(16);
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a port, not an array
  random.fill(bytes);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return encodeHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
