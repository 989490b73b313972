import { shownText } from '../../base/shown.ts';
import type { Style } from './style.ts';

const BAR = '│ ';

/** Others' text, made harmless, with a bar before each line: nothing in it can pass for a line of wirken's own. */
export function gutter(untrusted: string, style: Style): string {
  return behindBar(shownText(untrusted).replace(/\n+$/, '').split('\n'), style);
}

/** The same for lines that are harmless already and may be styled. */
export function behindBar(lines: readonly string[], style: Style): string {
  return lines.map((line) => `${style.dim(BAR)}${line}`.trimEnd()).join('\n');
}
