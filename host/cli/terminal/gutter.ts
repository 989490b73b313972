import { shownText } from '../../base/shown.ts';
import type { Style } from './style.ts';
import { broken } from './wrap.ts';

const BAR = '│ ';

/** Columns for anything but the bar, at least. */
const MIN_COLUMNS = 20;
/** Of a terminal that does not say how wide it is. */
const DEFAULT_COLUMNS = 80;

/**
 * Others' text, made harmless, with a bar before each line: nothing in it can pass for a line of wirken's own. With the `columns` of
 * the terminal also before what the terminal would make lines of their own.
 */
export function gutter(untrusted: string, style: Style, columns?: number): string {
  const lines = shownText(untrusted).replace(/\n+$/, '').split('\n');
  if (columns === undefined) return behindBar(lines, style);
  const room = roomIn(columns, BAR.length);
  return behindBar(
    lines.flatMap((line) => broken(line, room)),
    style,
  );
}

/** A line of wirken's own that others' text, harmless already, makes longer than the terminal is wide: the rest stands behind bars. */
export function ownLine(line: string, style: Style, columns: number): string {
  const [own = '', ...rest] = broken(line, roomIn(columns, 0));
  if (rest.length === 0) return own;
  const more = broken(rest.join(''), roomIn(columns, BAR.length));
  return `${own}\n${behindBar(more, style)}`;
}

function roomIn(columns: number, taken: number): number {
  return Math.max(MIN_COLUMNS, (columns > 0 ? columns : DEFAULT_COLUMNS) - taken);
}

/** The same for lines that are harmless already and may be styled. */
export function behindBar(lines: readonly string[], style: Style): string {
  return lines.map((line) => `${style.dim(BAR)}${line}`.trimEnd()).join('\n');
}
