/** Unsigned LEB128. */
function leb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

const section = (id, bytes) => Buffer.concat([Buffer.from([id, ...leb(bytes.length)]), bytes]);
const PREAMBLE = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const TYPES = section(1, Buffer.from([1, 0x60, 0, 0]));
const MEMORY = section(5, Buffer.from([1, 0, 1]));
const EXPORTS = section(7, Buffer.from([2, 6, ...Buffer.from('_start'), 0, 0, 6, ...Buffer.from('memory'), 2, 0]));

/** A custom section of 33 MiB in front of a module that is right otherwise. */
export default () => {
  const filler = section(0, Buffer.concat([Buffer.from([1, 0x78]), Buffer.alloc(33 << 20)]));
  const functions = section(3, Buffer.from([1, 0]));
  const code = section(10, Buffer.from([1, 2, 0, 0x0b]));
  return new Uint8Array(Buffer.concat([PREAMBLE, filler, TYPES, functions, MEMORY, EXPORTS, code]));
};
