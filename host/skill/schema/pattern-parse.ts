import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';

/** The parts of a pattern that an automaton without memory can follow. */
export type Piece =
  | { readonly kind: 'empty' }
  /** `source` matches exactly one code point. */
  | { readonly kind: 'one'; readonly source: string }
  | { readonly kind: 'assert'; readonly what: 'begin' | 'end' | 'word' | 'no-word' }
  | { readonly kind: 'sequence'; readonly parts: readonly Piece[] }
  | { readonly kind: 'choice'; readonly choices: readonly Piece[] }
  | { readonly kind: 'repeat'; readonly body: Piece; readonly min: number; readonly max: number };

const MAX_PATTERN_CHARS = 4_096;
const MAX_GROUPS_DEEP = 64;
const QUANTIFIER = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/;
const ESCAPE =
  /^\\(?:[dDsSwW]|[pP]\{[^}]*\}|c[A-Za-z]|0|x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]+\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/su;
const CLASS = /^\[(?:\\.|[^\]\\])*\]/su;
const CHAR = /^./su;

interface Cursor {
  readonly source: string;
  at: number;
  depth: number;
}

/** @throws HostError manifest-invalid */
export function parsePattern(untrusted: string): Piece {
  if (untrusted.length > MAX_PATTERN_CHARS) throw invalid(untrusted, `is longer than ${MAX_PATTERN_CHARS} characters`);
  try {
    // From here on the text is known to be a pattern; what follows only has to tell its parts.
    // oxlint-disable-next-line no-new
    new RegExp(untrusted, 'u');
  } catch {
    throw invalid(untrusted, 'is no regular expression (ECMAScript, flag u)');
  }
  return choice({ source: untrusted, at: 0, depth: 0 });
}

function choice(cursor: Cursor): Piece {
  const choices = [sequence(cursor)];
  while (cursor.source[cursor.at] === '|') {
    cursor.at++;
    choices.push(sequence(cursor));
  }
  const [only] = choices;
  return choices.length === 1 && only !== undefined ? only : { kind: 'choice', choices };
}

function sequence(cursor: Cursor): Piece {
  const parts: Piece[] = [];
  for (;;) {
    const char = cursor.source[cursor.at];
    if (char === undefined || char === '|' || char === ')') break;
    const part = quantified(cursor, term(cursor, char));
    if (part.kind !== 'empty') parts.push(part);
  }
  const [only] = parts;
  if (only === undefined) return { kind: 'empty' };
  return parts.length === 1 ? only : { kind: 'sequence', parts };
}

function term(cursor: Cursor, char: string): Piece {
  if (char === '(') return group(cursor);
  if (char === '^' || char === '$') {
    cursor.at++;
    return { kind: 'assert', what: char === '^' ? 'begin' : 'end' };
  }
  if (char === '[') return { kind: 'one', source: take(cursor, CLASS) };
  if (char !== '\\') {
    const one = take(cursor, CHAR);
    // A bare `/` or `-` is a pattern character as it stands.
    return { kind: 'one', source: one };
  }
  const escape = take(cursor, ESCAPE);
  if (escape === '\\b') return { kind: 'assert', what: 'word' };
  if (escape === '\\B') return { kind: 'assert', what: 'no-word' };
  if (/^\\[1-9k]/.test(escape)) throw invalid(cursor.source, 'has a backreference');
  return { kind: 'one', source: escape };
}

function group(cursor: Cursor): Piece {
  const head = /^\((?:\?(?:<(?![=!])[^>]*>|:))?/.exec(cursor.source.slice(cursor.at))?.[0] ?? '(';
  cursor.at += head.length;
  if (cursor.source[cursor.at] === '?') {
    const rest = cursor.source.slice(cursor.at);
    throw invalid(cursor.source, /^\?<?[=!]/.test(rest) ? 'looks ahead or behind' : 'has flags inside');
  }
  if (++cursor.depth > MAX_GROUPS_DEEP) throw invalid(cursor.source, `nests groups deeper than ${MAX_GROUPS_DEEP}`);
  const body = choice(cursor);
  cursor.depth--;
  cursor.at++;
  return body;
}

function quantified(cursor: Cursor, body: Piece): Piece {
  const found = QUANTIFIER.exec(cursor.source.slice(cursor.at));
  if (found === null) return body;
  cursor.at += found[0].length;
  const [text, low, comma, high] = found;
  if (low === undefined) {
    return { kind: 'repeat', body, min: text.startsWith('+') ? 1 : 0, max: text.startsWith('?') ? 1 : Infinity };
  }
  const min = Number(low);
  return { kind: 'repeat', body, min, max: comma === undefined ? min : high === '' ? Infinity : Number(high) };
}

function take(cursor: Cursor, what: RegExp): string {
  const found = what.exec(cursor.source.slice(cursor.at))?.[0];
  if (found === undefined) throw new TypeError('a valid pattern has a part of no known kind');
  cursor.at += found.length;
  return found;
}

function invalid(source: string, what: string): HostError {
  return new HostError('manifest-invalid', `the pattern ${shown(source, 80)} ${what}`, {
    remedy: 'Patterns are matched in linear time: no lookaround, no backreferences, no inline flags.',
  });
}
