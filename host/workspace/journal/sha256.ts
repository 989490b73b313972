import type nodeCrypto from 'node:crypto';

type Crypto = typeof nodeCrypto;

/** Loaded at the first use: most calls write no file. */
let loaded: Crypto | undefined;

export function sha256(bytes: Uint8Array): Buffer {
  loaded ??= process.getBuiltinModule('node:crypto');
  return loaded.hash('sha256', bytes, 'buffer');
}
