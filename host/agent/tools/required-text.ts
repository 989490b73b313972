import { parsePattern } from '../../skill/schema/pattern-parse.ts';
import type { Piece } from '../../skill/schema/pattern-parse.ts';

/** The longest text that stands in whatever the pattern matches; empty if none is known. `pattern` is a valid one. */
export function requiredText(pattern: string): string {
  return longest(runsOf(parsePattern(pattern)));
}

/** Texts that must stand in a match; `null` parts them where anything may stand between. */
function runsOf(piece: Piece): readonly (string | null)[] {
  switch (piece.kind) {
    case 'empty':
    case 'assert':
      return [];
    case 'one':
      return [literalOf(piece.source)];
    case 'sequence':
      return piece.parts.flatMap(runsOf);
    case 'choice':
      return [null];
    case 'repeat':
      return piece.min === 0 ? [null] : [null, ...runsOf(piece.body), null];
  }
}

function longest(runs: readonly (string | null)[]): string {
  let best = '';
  let run = '';
  for (const part of runs) {
    run = part === null ? '' : run + part;
    if (run.length > best.length) best = run;
  }
  return best;
}

/** The one character that an atom matches, or `null` if there are several. */
function literalOf(source: string): string | null {
  if (/^[^\\[.]$/su.test(source)) return source;
  return /^\\[^a-zA-Z0-9]$/su.test(source) ? source.slice(1) : null;
}
