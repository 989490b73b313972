// Parts of a module that is built byte by byte.

/** Unsigned LEB128. */
export function leb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

export const section = (id, bytes) => Buffer.concat([Buffer.from([id, ...leb(bytes.length)]), bytes]);
export const PREAMBLE = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
export const TYPES = section(1, Buffer.from([1, 0x60, 0, 0]));
export const MEMORY = section(5, Buffer.from([1, 0, 1]));
export const EXPORTS = section(
  7,
  Buffer.from([2, 6, ...Buffer.from('_start'), 0, 0, 6, ...Buffer.from('memory'), 2, 0]),
);
