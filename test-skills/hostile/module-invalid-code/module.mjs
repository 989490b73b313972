import { EXPORTS, MEMORY, PREAMBLE, section, TYPES } from '../../guest/module.mjs';

/** A body that drops from an empty stack. */
export default () => {
  const functions = section(3, Buffer.from([1, 0]));
  const code = section(10, Buffer.from([1, 3, 0, 0x1a, 0x0b]));
  return new Uint8Array(Buffer.concat([PREAMBLE, TYPES, functions, MEMORY, EXPORTS, code]));
};
