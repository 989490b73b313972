import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineMatcher } from './line-matcher.ts';
import { requiredText } from './required-text.ts';

const free = (): void => undefined;

describe('lineMatcher', () => {
  const atom = fc.constantFrom('a', 'b', 'K', 's', 'ſ', 'é', '.', '\\.', '\\d', '[ab]', '\\b', '^', '$', '\u212a', 'İ');
  const pattern = fc.letrec<{ readonly piece: string }>((tie) => ({
    piece: fc.oneof(
      { maxDepth: 3 },
      atom,
      fc.tuple(tie('piece'), tie('piece')).map(([a, b]) => `${a}${b}`),
      fc.tuple(tie('piece'), tie('piece')).map(([a, b]) => `(?:${a}|${b})`),
      fc.tuple(tie('piece'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}')).map(([a, times]) => `(?:${a})${times}`),
    ),
  })).piece;
  const line = fc.string({
    unit: fc.constantFrom('a', 'b', 'k', 'K', 's', 'S', 'ſ', 'é', 'É', '.', '1', ' ', '\u212a', 'i'),
    maxLength: 12,
  });

  it('agrees with the engine of V8 on every line', () => {
    fc.assert(
      fc.property(pattern, line, fc.boolean(), (source, text, ignoreCase) => {
        const matcher = lineMatcher({ pattern: source, regex: true, ignoreCase });
        const theirs = new RegExp(source, ignoreCase ? 'iu' : 'u').test(text);
        expect(matcher.find(text, free) !== undefined).toBe(theirs);
        if (theirs) expect(matcher.mayStandIn(`other\n${text}\nlines`)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds plain text as it stands', () => {
    fc.assert(
      fc.property(
        line,
        line.filter((text) => text !== ''),
        (text, wanted) => {
          const matcher = lineMatcher({ pattern: wanted, regex: false, ignoreCase: false });
          expect(matcher.find(text, free)).toBe(text.includes(wanted) ? text.indexOf(wanted) : undefined);
        },
      ),
    );
  });

  it('takes steps in proportion to the line, whatever the pattern', () => {
    const matcher = lineMatcher({ pattern: '(?:a+)+(?:a|a)*$x', regex: true, ignoreCase: false });
    const steps = (length: number): number => {
      let spent = 0;
      matcher.find(`${'a'.repeat(length)}!x`, (more) => (spent += more));
      return spent;
    };
    expect(steps(4_000)).toBeLessThan(2.1 * steps(2_000));
  });
});

describe('requiredText', () => {
  it.for([
    ['foo\\d+bar', 'foo'],
    ['\\bimport\\s+\\{', 'import'],
    ['ab|cd', ''],
    ['a(?:bc|d)efg', 'efg'],
    ['(?:abc)?de', 'de'],
    ['(?:abc)+de', 'abc'],
    ['a\\.b', 'a.b'],
    ['a.b', 'a'],
    ['[ab]', ''],
    ['\\x41bc', 'bc'],
  ] as const)('of %s is %j', ([pattern, expected]) => {
    expect(requiredText(pattern)).toBe(expected);
  });
});
