import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import type { ActionKind } from './action.ts';
import { type ArgvPattern, exactArgv, matchesArgv, readArgvPattern } from './argv-pattern.ts';
import { type Glob, globMatches, parseGlob } from './glob.ts';
import { type HostPattern, matchesHost, readHostPattern } from './host-pattern.ts';
import { matchesName, type NamePattern, namePattern } from './name-pattern.ts';
import { PATTERN_FORMS, type PatternForm, type Subject } from './subject.ts';

/** A parsed pattern of one variant. `text` is how it is meant, which may be another spelling than was written. */
export type Pattern =
  | { readonly kind: 'path'; readonly text: string; readonly glob: Glob }
  | HostPattern
  | ArgvPattern
  | { readonly kind: 'names'; readonly text: string; readonly first: NamePattern; readonly second?: NamePattern };

/** A denial reaches further than a permission of the same words: a `*` in it takes names that begin with a dot. */
export type Effect = 'allow' | 'deny';

/** Bytes of a pattern's text. */
export const MAX_PATTERN_BYTES = 4096;

const FORM_HINTS = {
  path: 'Write a path relative to the workspace, with * and ? within a segment and ** for whole segments.',
  host: 'Write example.com, *.example.com, or either with :port.',
  argv: "Write the words with one blank between them, special ones in quotes, and * as the last word for any rest: git log *, or cat 'a b'.",
  names: 'Write the name, with * for any run of characters.',
} as const satisfies Record<PatternForm['kind'], string>;

/**
 * A pattern of this variant, as `docs/permissions.md` describes them.
 * @throws HostError `policy-invalid`
 */
export function parsePattern(variant: ActionKind, untrusted: string): Pattern {
  const form: PatternForm = PATTERN_FORMS[variant];
  if (untrusted === '') throw refused(form, untrusted, 'is empty');
  if (!untrusted.isWellFormed() || shown(untrusted, untrusted.length) !== untrusted)
    throw refused(form, untrusted, 'holds a character that cannot be seen');
  if (Buffer.byteLength(untrusted) > MAX_PATTERN_BYTES)
    throw refused(form, untrusted, `is longer than ${MAX_PATTERN_BYTES} bytes`);
  const pattern = read(form, untrusted);
  if ('refused' in pattern) throw refused(form, untrusted, pattern.refused);
  return pattern;
}

/**
 * A host of the operator's list (`GatePorts.networkHosts`), in the language of `NetworkRequest`.
 * @throws HostError `policy-invalid`
 */
export function parseHostPattern(untrusted: string): HostPattern {
  const pattern = parsePattern('NetworkRequest', untrusted);
  if (pattern.kind !== 'host') throw new TypeError('a pattern of requests is one of hosts');
  return pattern;
}

function read(form: PatternForm, untrusted: string): Pattern | { readonly refused: string } {
  switch (form.kind) {
    case 'path':
      return pathPattern(untrusted);
    case 'host':
      return readHostPattern(untrusted);
    case 'argv':
      return readArgvPattern(untrusted);
    case 'names':
      return namesPattern(form, untrusted);
  }
}

function pathPattern(untrusted: string): Pattern | { readonly refused: string } {
  try {
    return { kind: 'path', text: untrusted, glob: parseGlob(untrusted) };
  } catch (error) {
    if (error instanceof HostError && typeof error.details['reason'] === 'string')
      return { refused: error.details['reason'] };
    throw error;
  }
}

function namesPattern(
  { names: [, second], between }: Extract<PatternForm, { kind: 'names' }>,
  text: string,
): Pattern | { readonly refused: string } {
  const at = second === undefined ? -1 : text.indexOf(between);
  if (at < 0) return { kind: 'names', text, first: namePattern(text) };
  if (at === 0 || at === text.length - 1) return { refused: `has nothing on one side of the ${between}` };
  return { kind: 'names', text, first: namePattern(text.slice(0, at)), second: namePattern(text.slice(at + 1)) };
}

/** Whether the pattern covers this subject. A pattern of another kind covers nothing. */
export function covers(pattern: Pattern, subject: Subject, effect: Effect): boolean {
  switch (pattern.kind) {
    case 'path':
      if (subject.kind !== 'path') return false;
      // The workspace itself, which no glob names, belongs to whoever has all of it.
      if (subject.segments.length === 0) return pattern.text === '**';
      return globMatches(pattern.glob, subject.segments, effect === 'deny');
    case 'host':
      return subject.kind === 'host' && matchesHost(pattern, subject);
    case 'argv':
      return subject.kind === 'argv' && matchesArgv(pattern, subject.words);
    case 'names': {
      if (subject.kind !== 'names' || !matchesName(pattern.first, subject.parts[0])) return false;
      return pattern.second === undefined || matchesName(pattern.second, subject.parts[1] ?? '');
    }
  }
}

/**
 * One of the subject's keys, if the pattern covers only subjects that have it: what an index goes by. `undefined` if it covers others.
 */
export function keyOf(pattern: Pattern): string | undefined {
  switch (pattern.kind) {
    case 'path': {
      const wild = pattern.glob.parts.findIndex((part) => part.kind !== 'literal');
      const literal = wild < 0 ? pattern.glob.parts : pattern.glob.parts.slice(0, wild);
      return literal.length === 0
        ? undefined
        : literal.map((part) => (part.kind === 'literal' ? part.pattern : '')).join('/');
    }
    case 'host':
      return pattern.host;
    case 'argv':
      return pattern.words[0];
    case 'names':
      return pattern.first.pieces.length === 1 ? pattern.first.text : undefined;
  }
}

/**
 * The pattern that covers this subject and no other; `undefined` where none can be written: a name with `*` or a separator in it, or
 * with characters that a person could not see.
 */
export function exactPattern(variant: ActionKind, subject: Subject): string | undefined {
  const text = written(PATTERN_FORMS[variant], subject);
  if (text === undefined || text === '' || shown(text, text.length) !== text) return undefined;
  return Buffer.byteLength(text) > MAX_PATTERN_BYTES ? undefined : text;
}

function written(form: PatternForm, subject: Subject): string | undefined {
  switch (subject.kind) {
    case 'path': {
      const text = subject.segments.join('/');
      return /[*?{}\\]|^!/.test(text) || subject.segments.length > MAX_EXACT_SEGMENTS ? undefined : text;
    }
    case 'host':
      return `${subject.host}:${subject.port}`;
    case 'argv':
      return exactArgv(subject.words);
    case 'names': {
      const [first, second] = subject.parts;
      if (form.kind !== 'names' || first.includes('*') || second?.includes('*') === true) return undefined;
      if (form.names[1] === undefined || second === undefined) return first;
      return first.includes(form.between) ? undefined : `${first}${form.between}${second}`;
    }
  }
}

/** A glob has no more. */
const MAX_EXACT_SEGMENTS = 30;

function refused(form: PatternForm, untrusted: string, reason: string): HostError {
  return new HostError('policy-invalid', `The pattern "${shown(untrusted, 128)}" ${shown(reason, 256)}`, {
    reason,
    remedy: FORM_HINTS[form.kind],
  });
}
