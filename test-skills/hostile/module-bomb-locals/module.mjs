import { EXPORTS, leb, MEMORY, PREAMBLE, section, TYPES } from '../../guest/module.mjs';

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
