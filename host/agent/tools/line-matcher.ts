import { HostError } from '../../base/error.ts';
import { compilePattern } from '../../skill/schema/pattern.ts';
import { requiredText } from './required-text.ts';

/** Where in a line a match was found, in UTF-16 units; about, where case was ignored. */
export type FoundAt = number | undefined;

/** Looks for one pattern in lines. */
export interface LineMatcher {
  /** Whether a text may have a line with a match; no is certain. Cheap. */
  mayStandIn(text: string): boolean;
  /** `spend` hears of the steps that are done, and may throw to end them. */
  find(line: string, spend: (steps: number) => void): FoundAt;
}

export interface PatternSpec {
  readonly pattern: string;
  readonly regex: boolean;
  readonly ignoreCase: boolean;
}

const CHARS_A_STEP = 64;
// oxlint-disable-next-line no-control-regex -- where upper and lower case are what everyone takes them for
const ASCII = /^[\u0000-\u007f]*$/;

/** Every matcher takes time linear in the line, whoever wrote pattern and line. @throws HostError `arguments-invalid` */
export function lineMatcher(spec: PatternSpec): LineMatcher {
  if (/[\n\r]/.test(spec.pattern)) {
    throw new HostError('arguments-invalid', 'the pattern holds a line end, but lines are searched one by one', {
      remedy: 'Search for the most telling of the lines, with context.',
    });
  }
  return spec.regex ? regexMatcher(spec) : plainMatcher(spec);
}

function plainMatcher({ pattern, ignoreCase }: PatternSpec): LineMatcher {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const wanted = fold(pattern);
  return {
    mayStandIn: (text) => fold(text).includes(wanted),
    find: (line, spend) => {
      spend(1 + Math.floor(line.length / CHARS_A_STEP));
      const at = fold(line).indexOf(wanted);
      return at === -1 ? undefined : at;
    },
  };
}

function regexMatcher({ pattern, ignoreCase }: PatternSpec): LineMatcher {
  const compiled = compiledPattern(pattern, ignoreCase);
  const needed = requiredText(pattern);
  const wanted = ignoreCase ? needed.toLowerCase() : needed;
  const lacks = (text: string): boolean => {
    if (wanted === '') return false;
    // Beyond ASCII a pattern that ignores case also matches what lower case does not show.
    if (ignoreCase) return ASCII.test(wanted) && ASCII.test(text) && !text.toLowerCase().includes(wanted);
    return !text.includes(wanted);
  };
  return {
    mayStandIn: (text) => !lacks(text),
    find: (line, spend) => {
      if (!lacks(line)) return compiled.endIn(line, spend);
      spend(1 + Math.floor(line.length / CHARS_A_STEP));
      return undefined;
    },
  };
}

function compiledPattern(pattern: string, ignoreCase: boolean): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(pattern, ignoreCase);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError('arguments-invalid', error.message, {
      remedy:
        'Patterns are matched in linear time: no lookaround, no backreferences, no inline flags. Without regex the pattern is plain text.',
    });
  }
}
