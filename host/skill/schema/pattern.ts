import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { parsePattern } from './pattern-parse.ts';
import type { Piece } from './pattern-parse.ts';

/** Larger programs are refused: a match costs at most characters × states. */
const MAX_STATES = 4_096;
const ASCII = 128;
/** What `\b` stands between; without case also the two letters beyond ASCII that fold into it. Source: ECMA-262 WordCharacters. */
const WORD = /^[A-Za-z0-9_]$/;
const FOLDED_WORD = /^[A-Za-z0-9_\u017f\u212a]$/;

/** A test whose time grows with `text.length × states` at most, whoever wrote the pattern and the text. */
export interface LinearPattern {
  /** Whether the pattern is found in `text`; `spend` hears of the work, in steps, as it is done, and may throw to end it. */
  test(text: string, spend: (steps: number) => void): boolean;
  /** The UTF-16 offset at which the first match ends to end, or `undefined`. */
  endIn(text: string, spend: (steps: number) => void): number | undefined;
}

type State =
  | { readonly op: 'one'; readonly accepts: (codePoint: number) => boolean }
  | { readonly op: 'split'; other: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'begin' | 'end' | 'word' | 'no-word' | 'found' };

/**
 * Compiles an ECMAScript pattern (flag `u`, and `i` if `ignoreCase`) for matching by simulation of its automaton, which never backtracks.
 * @throws HostError manifest-invalid for what no such automaton has: lookaround and backreferences; for inline flags, for a pattern
 * that is none, and for one with too many states.
 * Source: JSON Schema 2020-12 Core §6.4; R. Cox, Regular Expression Matching: the Virtual Machine Approach.
 */
export function compilePattern(untrusted: string, ignoreCase = false): LinearPattern {
  const program: State[] = [];
  const origin: Origin = { text: untrusted, flags: ignoreCase ? 'iu' : 'u' };
  emit(program, parsePattern(untrusted), origin);
  push(program, { op: 'found' }, origin);
  const letters = ignoreCase ? FOLDED_WORD : WORD;
  return {
    test: (text, spend) => simulate(program, text, spend, letters) !== undefined,
    endIn: (text, spend) => simulate(program, text, spend, letters),
  };
}

/** What a program is compiled from. */
interface Origin {
  readonly text: string;
  readonly flags: 'u' | 'iu';
}

function emit(program: State[], piece: Piece, origin: Origin): void {
  switch (piece.kind) {
    case 'empty':
      return;
    case 'assert':
      push(program, { op: piece.what }, origin);
      return;
    case 'one':
      push(program, { op: 'one', accepts: acceptor(piece.source, origin.flags) }, origin);
      return;
    case 'sequence':
      for (const part of piece.parts) emit(program, part, origin);
      return;
    case 'choice':
      emitChoice(program, piece.choices, origin);
      return;
    case 'repeat':
      emitRepeat(program, piece, origin);
      return;
  }
}

function emitChoice(program: State[], choices: readonly Piece[], origin: Origin): void {
  const exits: { to: number }[] = [];
  for (const [index, choice] of choices.entries()) {
    if (index === choices.length - 1) {
      emit(program, choice, origin);
      break;
    }
    const split = push(program, { op: 'split', other: 0 }, origin);
    emit(program, choice, origin);
    exits.push(push(program, { op: 'jump', to: 0 }, origin));
    split.other = program.length;
  }
  for (const exit of exits) exit.to = program.length;
}

function emitRepeat(program: State[], piece: Extract<Piece, { kind: 'repeat' }>, origin: Origin): void {
  // An empty body repeated is an empty body; without this a count of a billion would be walked.
  if (piece.body.kind === 'empty') return;
  for (let count = 0; count < piece.min; count++) emit(program, piece.body, origin);
  if (piece.max === Infinity) {
    const start = program.length;
    const split = push(program, { op: 'split', other: 0 }, origin);
    emit(program, piece.body, origin);
    push(program, { op: 'jump', to: start }, origin);
    split.other = program.length;
    return;
  }
  const splits: { other: number }[] = [];
  for (let count = piece.min; count < piece.max; count++) {
    splits.push(push(program, { op: 'split', other: 0 }, origin));
    emit(program, piece.body, origin);
  }
  for (const split of splits) split.other = program.length;
}

function push<S extends State>(program: State[], state: S, origin: Origin): S {
  if (program.length >= MAX_STATES) {
    throw new HostError(
      'manifest-invalid',
      `the pattern ${shown(origin.text, 80)} is too large: more than ${MAX_STATES} states`,
      {
        remedy: 'Use smaller counts in {…}, or maxLength beside the pattern.',
      },
    );
  }
  program.push(state);
  return state;
}

/** `source` is one atom: it matches exactly one code point, so V8's own engine decides about it without any search. */
function acceptor(source: string, flags: Origin['flags']): (codePoint: number) => boolean {
  const one = new RegExp(`^${source}$`, flags);
  const ascii = Array.from({ length: ASCII }, (_, code) => one.test(String.fromCharCode(code)));
  return (codePoint) => ascii[codePoint] ?? one.test(String.fromCodePoint(codePoint));
}

function simulate(
  program: readonly State[],
  text: string,
  spend: (steps: number) => void,
  letters: RegExp,
): number | undefined {
  const seenAt = new Int32Array(program.length).fill(-1);
  let waiting: number[] = [];
  for (let at = 0; at <= text.length;) {
    // Unanchored: a match may begin at any position.
    const reached = close(program, [...waiting, 0], { text, at, letters }, seenAt);
    spend(1 + reached.steps);
    if (reached.found) return at;
    const codePoint = text.codePointAt(at);
    if (codePoint === undefined) return undefined;
    waiting = [];
    for (const index of reached.ones) {
      const state = program[index];
      if (state?.op === 'one' && state.accepts(codePoint)) waiting.push(index + 1);
    }
    at += codePoint > 0xffff ? 2 : 1;
  }
  return undefined;
}

/** Everything reachable from `stack` without taking a character. */
function close(
  program: readonly State[],
  stack: number[],
  { text, at, letters }: { readonly text: string; readonly at: number; readonly letters: RegExp },
  seenAt: Int32Array,
): { readonly found: boolean; readonly ones: readonly number[]; readonly steps: number } {
  const ones: number[] = [];
  let steps = 0;
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    const state = program[index];
    if (state === undefined || seenAt[index] === at) continue;
    seenAt[index] = at;
    steps++;
    switch (state.op) {
      case 'found':
        return { found: true, ones, steps };
      case 'one':
        ones.push(index);
        break;
      case 'jump':
        stack.push(state.to);
        break;
      case 'split':
        stack.push(index + 1, state.other);
        break;
      case 'begin':
        if (at === 0) stack.push(index + 1);
        break;
      case 'end':
        if (at === text.length) stack.push(index + 1);
        break;
      case 'word':
        if (letters.test(text.charAt(at - 1)) !== letters.test(text.charAt(at))) stack.push(index + 1);
        break;
      case 'no-word':
        if (letters.test(text.charAt(at - 1)) === letters.test(text.charAt(at))) stack.push(index + 1);
        break;
    }
  }
  return { found: false, ones, steps };
}
