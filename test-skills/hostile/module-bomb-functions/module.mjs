import { EXPORTS, leb, MEMORY, PREAMBLE, section, TYPES } from '../../guest/module.mjs';

const COUNT = 250_000;

/** Every function is empty: two bytes of code and one of type each. */
export default () => {
  const functions = section(3, Buffer.concat([Buffer.from(leb(COUNT)), Buffer.alloc(COUNT, 0)]));
  const bodies = Buffer.alloc(3 * COUNT);
  for (let i = 0; i < COUNT; i++) bodies.set([2, 0, 0x0b], 3 * i);
  const code = section(10, Buffer.concat([Buffer.from(leb(COUNT)), bodies]));
  return new Uint8Array(Buffer.concat([PREAMBLE, TYPES, functions, MEMORY, EXPORTS, code]));
};
