const CONTEXT_LINES = 3;
/** UTF-16 units of a diff. */
const MAX_DIFF_CHARS = 16_384;
/** Of one line in it. */
const MAX_LINE_CHARS = 1_000;
const CUT = '… (the rest of the difference is left out)';

/** Texts of one length, at these places, give way to another text. */
export interface Replacement {
  /** UTF-16 offsets, ascending, not overlapping. */
  readonly places: readonly number[];
  readonly length: number;
  readonly fresh: string;
}

interface Hunk {
  /** Offsets of whole lines in the old text. */
  readonly from: number;
  to: number;
  readonly places: number[];
}

/** What a replacement changes, as a unified diff; a long one is cut and says so. */
export function unifiedDiff(path: string, before: string, replacement: Replacement): string {
  const lines = [`--- ${path}`, `+++ ${path}`];
  let chars = 0;
  let counted = 0;
  let line = 1;
  let shift = 0;
  for (const hunk of hunksOf(before, replacement)) {
    line += feedsIn(before, counted, hunk.from);
    counted = hunk.from;
    const old = linesOf(before.slice(hunk.from, hunk.to));
    const fresh = linesOf(changedText(before, hunk, replacement));
    const front = commonFront(old, fresh);
    const back = commonBack(old, fresh, front);
    const first = Math.max(0, front - CONTEXT_LINES);
    const last = Math.max(0, back - CONTEXT_LINES);
    const body = [
      `@@ -${range(line + first, old.length - first - last)} +${range(line + first + shift, fresh.length - first - last)} @@`,
      ...marked(' ', old.slice(first, front)),
      ...marked('-', old.slice(front, old.length - back)),
      ...marked('+', fresh.slice(front, fresh.length - back)),
      ...marked(' ', old.slice(old.length - back, old.length - last)),
    ];
    chars += body.reduce((sum, one) => sum + one.length + 1, 0);
    if (chars > MAX_DIFF_CHARS) return [...lines, ...within(body, MAX_DIFF_CHARS), CUT].join('\n');
    lines.push(...body);
    shift += fresh.length - old.length;
  }
  return lines.join('\n');
}

/** Groups of places with the whole lines around them; groups whose context would touch are one. */
function hunksOf(before: string, { places, length }: Replacement): readonly Hunk[] {
  const hunks: Hunk[] = [];
  for (const place of places) {
    const from = linesBefore(before, place);
    const to = linesBehind(before, place + length);
    const previous = hunks.at(-1);
    if (previous !== undefined && from <= previous.to) {
      previous.to = to;
      previous.places.push(place);
    } else hunks.push({ from, to, places: [place] });
  }
  return hunks;
}

function linesBefore(text: string, place: number): number {
  let at = text.lastIndexOf('\n', place - 1) + 1;
  if (place === 0) return 0;
  for (let count = 0; count < CONTEXT_LINES && at > 0; count += 1)
    at = at === 1 ? 0 : text.lastIndexOf('\n', at - 2) + 1;
  return at;
}

function linesBehind(text: string, place: number): number {
  // The line in which the text ends, and the context.
  let at = place;
  for (let count = 0; count <= CONTEXT_LINES && at < text.length; count += 1) {
    const feed = text.indexOf('\n', at);
    at = feed === -1 ? text.length : feed + 1;
  }
  return at;
}

function changedText(before: string, { from, to, places }: Hunk, { length, fresh }: Replacement): string {
  const parts: string[] = [];
  let at = from;
  for (const place of places) {
    parts.push(before.slice(at, place), fresh);
    at = place + length;
  }
  return parts.join('') + before.slice(at, to);
}

/** Lines with their ends, so that one without a line feed differs from the same with one. */
function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function commonFront(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}

function commonBack(a: readonly string[], b: readonly string[], front: number): number {
  let count = 0;
  while (count < Math.min(a.length, b.length) - front && a.at(-1 - count) === b.at(-1 - count)) count += 1;
  return count;
}

function marked(mark: string, lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const text = line.endsWith('\n') ? line.slice(0, -1) : line;
    const cut = text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS).toWellFormed()}…` : text;
    return line.endsWith('\n') ? [mark + cut] : [mark + cut, '\\ No newline at end of file'];
  });
}

/** An empty range is named by the line before it. Source: POSIX.1-2024, diff -u. */
function range(line: number, count: number): string {
  return count === 1 ? `${line}` : `${count === 0 ? line - 1 : line},${count}`;
}

function within(lines: readonly string[], chars: number): readonly string[] {
  let left = chars;
  return lines.filter((line) => (left -= line.length + 1) >= 0);
}

function feedsIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let feed = text.indexOf('\n', from); feed !== -1 && feed < to; feed = text.indexOf('\n', feed + 1)) count += 1;
  return count;
}
