import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText } from './cut.ts';

describe('cutText', () => {
  it('leaves short texts whole', () => {
    for (const text of ['', 'a', 'a\nb\n', 'line\n'.repeat(20), 'x'.repeat(4000)]) {
      expect(cutText(text)).toEqual({ text, leftChars: 0, leftLines: 0 });
    }
  });

  it('cuts after 20 lines, and after 4000 characters', () => {
    const lines = Array.from({ length: 25 }, (_, at) => `line ${at}`);
    expect(cutText(lines.join('\n'))).toEqual({
      text: lines.slice(0, 20).join('\n'),
      leftChars: lines.slice(20).join('\n').length + 1,
      leftLines: 5,
    });
    expect(cutText('x'.repeat(4001))).toEqual({ text: 'x'.repeat(4000), leftChars: 1, leftLines: 1 });
    expect(cutText(`${'x'.repeat(3999)}😀 and more`).text).toBe('x'.repeat(3999));
  });

  it('is the beginning of every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 9000, size: 'max' }), (text) => {
        const cut = cutText(text);
        expect(text.startsWith(cut.text)).toBe(true);
        expect(cut.text.split('\n').length).toBeLessThanOrEqual(21);
        expect(cut.text.length).toBeLessThanOrEqual(cut.leftChars === 0 ? text.length : 4000);
      }),
    );
  });
});
