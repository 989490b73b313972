import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../base/bytes.ts';
import { gunzip, gzip } from './gzip.ts';

const back = (bytes: Uint8Array): Buffer => gunzipSync(gzip(bytes));

describe('gzip', () => {
  it('gives what zlib and our own reader unpack to the same', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        (bytes) => back(bytes).equals(bytes) && Buffer.from(gunzip(gzip(bytes), 3000)).equals(bytes),
      ),
    );
    const words = fc.array(fc.constantFrom('a', 'ab', 'abc', 'the same', '\u00ff', 'x'.repeat(300)), {
      maxLength: 300,
    });
    fc.assert(fc.property(words, (list) => back(encodeUtf8(list.join(''))).equals(encodeUtf8(list.join('')))));
  });

  it.for<[why: string, bytes: Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['zeros of every length code', new Uint8Array(70_000)],
    ['matches at the window’s edge', repeated(32 * 1024)],
    ['matches just beyond the window', repeated(32 * 1024 + 1)],
    ['a far repetition', repeated(100_000)],
    ['high bytes', new Uint8Array(5000).map((_, i) => 144 + ((i * 7919) % 112))],
    ['the program that runs this', new Uint8Array(readFileSync(process.execPath).subarray(0, 2_000_000))],
  ])('holds for %s', ([, bytes]) => {
    expect(back(bytes).equals(bytes)).toBe(true);
  });

  it('makes repetition small', () => {
    expect(gzip(new Uint8Array(1_000_000)).length).toBeLessThan(10_000);
  });

  it('never changes, unless fflate does', () => {
    const bytes = encodeUtf8('The same bytes on every machine, the same bytes for ever. '.repeat(50));
    expect(hash('sha256', gzip(bytes))).toBe('e66ce16a970cbf9a70f59e02ac4a3c2e012fb30e7ec4e7164612b4618911a6c0');
  });
});

/** Twice the same noise of `length` bytes. */
function repeated(length: number): Uint8Array {
  let state = 1;
  const noise = new Uint8Array(length).map(() => (state = Math.imul(state, 1_103_515_245) + 12_345) >>> 16);
  return new Uint8Array([...noise, ...noise]);
}
