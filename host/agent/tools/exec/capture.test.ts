import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Capture } from './capture.ts';

function captured(bytes: Uint8Array, sizes: readonly number[]): ReturnType<Capture['captured']> {
  const capture = new Capture();
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    capture.push(bytes.subarray(at, at + size));
    at += size;
  }
  return capture.captured();
}

describe('Capture', () => {
  it('keeps what is short, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 5_000 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
        (text, sizes) => {
          const bytes = Buffer.from(text);
          expect(captured(bytes, sizes)).toEqual({ text, bytes: bytes.length, cut: false });
        },
      ),
    );
  });

  it('keeps the front and the end of what is long, cut at characters, and counts what is missing', () => {
    const chunks = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.integer({ min: 66_000, max: 200_000 }),
        fc.integer({ min: 0, max: 3 }),
        chunks,
        (length, shift, sizes) => {
          const text = 'x'.repeat(shift) + '€ä𝄞'.repeat(Math.ceil(length / 9));
          const bytes = Buffer.from(text);
          const kept = captured(bytes, sizes);
          expect([kept.cut, kept.bytes, kept.text.includes('\ufffd')]).toEqual([true, bytes.length, false]);
          const parts = /^([^\n]*)\n… ([\d,]+) bytes? left out …\n([^\n]*)$/.exec(kept.text);
          const [, front = '', left = '', end = ''] = parts ?? [];
          expect(text.startsWith(front)).toBe(true);
          expect(text.endsWith(end)).toBe(true);
          const sum = Buffer.byteLength(front) + Buffer.byteLength(end) + Number(left.replaceAll(',', ''));
          expect(sum).toBe(bytes.length);
          expect(Buffer.byteLength(front) + Buffer.byteLength(end)).toBeGreaterThan(60_000);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('shows what is no UTF-8 as such', () => {
    expect(captured(Uint8Array.of(0x61, 0xff, 0x62), [1])).toEqual({ text: 'a\ufffdb', bytes: 3, cut: false });
  });
});
