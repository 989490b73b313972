import type nodeCrypto from 'node:crypto';
import type { Random } from '../base/ports.ts';

type Crypto = typeof nodeCrypto;

/** Loaded at the first use: most guests ask for no randomness, and every runner pays for what it loads. */
let loaded: Crypto | undefined;

function crypto(): Crypto {
  return (loaded ??= process.getBuiltinModule('node:crypto'));
}

export const systemRandom: Random = {
  fill(bytes) {
    if (bytes.length > 0) crypto().randomFillSync(bytes);
  },
};

const SEED_BYTES = 32;
const ZEROS_BYTES = 65_536;

/**
 * A stream that the seed alone decides, however it is cut into requests: the AES-256-CTR key stream from counter 0.
 * @param seed 32 bytes
 * @throws TypeError for any other length
 */
export function seededRandom(seed: Uint8Array): Random {
  if (seed.length !== SEED_BYTES) throw new TypeError(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const stream = crypto().createCipheriv('aes-256-ctr', seed, new Uint8Array(16));
  let zeros: Uint8Array | undefined;
  return {
    fill(bytes) {
      for (let at = 0; at < bytes.length; at += ZEROS_BYTES) {
        zeros ??= new Uint8Array(ZEROS_BYTES);
        bytes.set(stream.update(zeros.subarray(0, Math.min(ZEROS_BYTES, bytes.length - at))), at);
      }
    },
  };
}
