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

const COUNT = 5_000;

/** Each body: one group of 49,000 locals of type i64, and nothing else. */
export default () => {
  const functions = section(3, Buffer.concat([Buffer.from(leb(COUNT)), Buffer.alloc(COUNT, 0)]));
  const body = Buffer.from([1, ...leb(49_000), 0x7e, 0x0b]);
  const code = section(
    10,
    Buffer.concat([
      Buffer.from(leb(COUNT)),
      ...Array.from({ length: COUNT }, () => Buffer.concat([Buffer.from(leb(body.length)), body])),
    ]),
  );
  return new Uint8Array(Buffer.concat([PREAMBLE, TYPES, functions, MEMORY, EXPORTS, code]));
};
