import { shown } from '../../base/shown.ts';
import type { Style } from './style.ts';
import { aligned, displayWidth, fitted } from './width.ts';

export type Side = 'left' | 'right' | 'center';

export interface TableSpec {
  /** Unstyled; made harmless here. */
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Of each column; left where it says nothing. */
  readonly sides?: readonly (Side | undefined)[];
  /** Columns of the terminal; wide columns are cut to fit. `undefined`: nothing is cut. */
  readonly columns?: number;
}

const GAP = '  ';
const MIN_COLUMN = 4;

/** The lines of a table whose columns line up, whatever alphabet is in them. */
export function tableLines(spec: TableSpec, style: Style): readonly string[] {
  const rows = [spec.header, ...spec.rows].map((row) => row.map((cell) => shown(cell, 4096)));
  const count = Math.max(0, ...rows.map((row) => row.length));
  const natural = Array.from({ length: count }, (_, column) =>
    Math.max(0, ...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  const widths = narrowed(natural, (spec.columns ?? Infinity) - GAP.length * Math.max(0, count - 1));
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) => aligned(fitted(row[column] ?? '', width), width, spec.sides?.[column] ?? 'left'))
      .join(GAP)
      .trimEnd();
  const [header = [], ...body] = rows;
  const rule = widths.map((width) => '─'.repeat(width)).join(GAP);
  return header.every((cell) => cell === '')
    ? body.map(line)
    : [style.bold(line(header)), style.dim(rule), ...body.map(line)];
}

/** Takes from the widest column until all fit. */
function narrowed(natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= MIN_COLUMN) break;
    const at = widths.indexOf(widest);
    const next = Math.max(MIN_COLUMN, ...widths.filter((_, index) => index !== at));
    const less = Math.min(over, Math.max(1, widest - next));
    widths[at] = widest - less;
    over -= less;
  }
  return widths;
}
