const GUTTER = 6;

/** The lines of a text behind their numbers, as `cat -n` has them. A last line feed ends its line and begins none. */
export function numbered(text: string, first: number): string {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, at) => numberedLine(first + at, line)).join('\n');
}

export function numberedLine(number: number, line: string, mark = '\t'): string {
  return `${String(number).padStart(GUTTER)}${mark}${line}`;
}
