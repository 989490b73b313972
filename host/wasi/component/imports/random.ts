import type { Guest } from './guest.ts';

/** What a guest may ask for at once; the interface has no way to give less than was asked for. */
const MAX_RANDOM_BYTES = 1024 * 1024;

/** `wasi:random`: one source behind all three interfaces, so that a seed fixes them all. */
export function random(guest: Guest) {
  const u64 = (): bigint => {
    const bytes = new BigUint64Array(1);
    // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- this is no array
    guest.world.random.fill(new Uint8Array(bytes.buffer));
    return bytes[0] ?? 0n;
  };
  const take = (asked: bigint): Uint8Array => {
    if (asked > BigInt(MAX_RANDOM_BYTES))
      throw new Error(`${asked} random bytes at once, allowed are ${MAX_RANDOM_BYTES}`);
    const bytes = new Uint8Array(Number(asked));
    // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- this is no array
    guest.world.random.fill(bytes);
    return bytes;
  };
  return {
    random: { getRandomBytes: take, getRandomU64: u64 },
    insecure: { getInsecureRandomBytes: take, getInsecureRandomU64: u64 },
    'insecure-seed': { insecureSeed: (): [bigint, bigint] => [u64(), u64()] },
  };
}
