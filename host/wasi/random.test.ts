// oxlint-disable unicorn/no-array-fill-with-reference-type -- `fill` here is of our Random, not of an array
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom, systemRandom } from './random.ts';

const SEED = new Uint8Array(32).map((_, index) => index);

it('fills whole buffers and windows, and nothing around them', () => {
  const bytes = new Uint8Array(100_000);
  systemRandom.fill(bytes.subarray(10, 90_000));
  expect(bytes.subarray(0, 10).every((byte) => byte === 0)).toBe(true);
  expect(bytes.subarray(90_000).every((byte) => byte === 0)).toBe(true);
  expect(new Set(bytes.subarray(10, 90_000)).size).toBe(256);
  systemRandom.fill(new Uint8Array(0));
});

it('a seed decides the stream, for ever', () => {
  const bytes = new Uint8Array(200_000);
  seededRandom(SEED).fill(bytes);
  expect(createHash('sha256').update(bytes).digest('hex')).toMatchInlineSnapshot(
    `"56fb8486f038f20b4aec5ae886a01370ead30db1f558d09383d18bae7dda41dd"`,
  );
  const other = new Uint8Array(32);
  seededRandom(new Uint8Array(32)).fill(other);
  // The AES-256 encryption of a zero block under the zero key.
  expect(Buffer.from(other.subarray(0, 16)).toString('hex')).toBe('dc95c078a2408989ad48a21492842087');
});

it('gives the same however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 6 }), (sizes) => {
      const whole = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
      seededRandom(SEED).fill(whole);
      const cut = new Uint8Array(whole.length);
      const random = seededRandom(SEED);
      let at = 0;
      for (const size of sizes) random.fill(cut.subarray(at, (at += size)));
      expect(Buffer.compare(cut, whole)).toBe(0);
    }),
    { numRuns: 30 },
  );
});

it('wants 32 bytes of seed', () => {
  expect(() => seededRandom(new Uint8Array(31))).toThrow(TypeError);
});
