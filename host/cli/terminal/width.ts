import { stripVTControlCharacters } from 'node:util';

let segmenter: Intl.Segmenter | undefined;
let patterns: { readonly wide: RegExp; readonly zero: RegExp } | undefined;
const ASCII = /^[\x20-\x7e]*$/;

/** Columns that a line takes on a terminal; colours take none. */
export function displayWidth(line: string): number {
  const text = stripVTControlCharacters(line);
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes().segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The beginning of an unstyled line that fits, with `…` if something is missing. */
export function fitted(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  let width = 0;
  let kept = '';
  for (const { segment } of graphemes().segment(line)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : '';
}

/** Blanks around a line so that it takes `columns`. */
export function aligned(line: string, columns: number, side: 'left' | 'right' | 'center'): string {
  const missing = Math.max(0, columns - displayWidth(line));
  const before = side === 'left' ? 0 : side === 'right' ? missing : missing >> 1;
  return ' '.repeat(before) + line + ' '.repeat(missing - before);
}

/** What a person takes for one character, in order. */
export function* graphemesOf(line: string): Generator<string> {
  if (ASCII.test(line)) return yield* line;
  for (const { segment } of graphemes().segment(line)) yield segment;
}

function graphemeWidth(grapheme: string): number {
  // Made at the first text that is not plain: the two take several milliseconds of a start.
  patterns ??= {
    zero: /^[\p{Mark}\p{Control}\p{Format}]+$/u,
    // East Asian Wide and Fullwidth, and what is shown as an emoji by itself. Source: Unicode Standard Annex #11.
    wide: /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2fb}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Regional_Indicator}/u,
  };
  if (patterns.zero.test(grapheme)) return 0;
  return patterns.wide.test(grapheme) ? 2 : 1;
}

function graphemes(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter;
}
