import { EXPORTS, MEMORY, PREAMBLE, section, TYPES } from '../../guest/module.mjs';

/** A custom section of 33 MiB in front of a module that is right otherwise. */
export default () => {
  const filler = section(0, Buffer.concat([Buffer.from([1, 0x78]), Buffer.alloc(33 << 20)]));
  const functions = section(3, Buffer.from([1, 0]));
  const code = section(10, Buffer.from([1, 2, 0, 0x0b]));
  return new Uint8Array(Buffer.concat([PREAMBLE, filler, TYPES, functions, MEMORY, EXPORTS, code]));
};
