import type { Look } from './style.ts';
import { displayWidth, graphemesOf } from './width.ts';

/** Text that looks alike. `\n` in it ends the line. */
export interface Run {
  readonly text: string;
  readonly look: Look;
}

/** Lines of at most `columns`, broken at blanks; a longer word stands alone and is left whole, for it may be copied. */
export function wrapped(runs: readonly Run[], columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  let gap = false;
  for (const { text, look } of runs) {
    for (const piece of text.split(/(\n|[ ]+)/)) {
      if (piece === '') continue;
      if (piece === '\n') {
        lines.push(line);
        [line, width, gap] = ['', 0, false];
      } else if (piece.startsWith(' ')) {
        gap = width > 0;
      } else {
        const taken = displayWidth(piece);
        if (gap && width + 1 + taken > columns) {
          lines.push(line);
          [line, width, gap] = ['', 0, false];
        }
        line += (gap ? ' ' : '') + look(piece);
        width += taken + (gap ? 1 : 0);
        gap = false;
      }
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** An unstyled line in pieces of at most `columns`, broken wherever they are full: the terminal has nothing left to break. */
export function broken(line: string, columns: number): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  let width = 0;
  for (const grapheme of graphemesOf(line.replaceAll('\t', '    '))) {
    const taken = displayWidth(grapheme);
    if (piece !== '' && width + taken > columns) {
      pieces.push(piece);
      [piece, width] = ['', 0];
    }
    piece += grapheme;
    width += taken;
  }
  return [...pieces, piece];
}
