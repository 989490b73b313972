import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteWord, splitWords } from './words.ts';

const texts = (line: string): readonly string[] => splitWords(line).words.map((word) => word.text);

describe('splitWords', () => {
  it.for<readonly [string, string, readonly string[]]>([
    ['nothing', '', []],
    ['blanks', ' \t\r\n ', []],
    ['words', 'a  b\tc', ['a', 'b', 'c']],
    ['single quotes', String.raw`'a "b" \c'`, [String.raw`a "b" \c`]],
    ['double quotes', String.raw`"a 'b' \"c\" \\ \$ \d"`, [String.raw`a 'b' "c" \ $ \d`]],
    ['quotes within a word', `a'b c'"d e"f`, ['ab cd ef']],
    ['an empty word', `'' ""`, ['', '']],
    ['backslashes', String.raw`a\ b \' \\`, ['a b', "'", '\\']],
    ['a joined line', 'a\\\nb', ['ab']],
    ['a joined line in quotes', '"a\\\nb"', ['ab']],
    ['a line feed in quotes', "'a\nb'", ['a\nb']],
    [
      'no expansion',
      '$HOME ~ *.c `x` {a,b} $(x) #c ; | > &',
      ['$HOME', '~', '*.c', '`x`', '{a,b}', '$(x)', '#c', ';', '|', '>', '&'],
    ],
    ['a leading em dash', '—all a—b', ['--all', 'a—b']],
    ['a quoted em dash', `'—all' \\—x`, ['—all', '—x']],
  ])('reads %s', ([, line, expected]) => {
    expect(texts(line)).toEqual(expected);
  });

  it.for<readonly [string, string, number]>([
    ['a single quote', "ab 'c", 3],
    ['a double quote', 'ab "c', 3],
    ['a double quote with a quoted one', String.raw`"a\"`, 0],
    ['a last backslash', 'ab\\', 2],
  ])('says where %s is open', ([, line, at]) => {
    expect(splitWords(line)).toMatchObject({
      kind: 'unterminated',
      at,
      message: expect.stringContaining(`character ${at + 1}`),
    });
  });

  it('says where each word stands', () => {
    expect(splitWords(` 'a b' c`).words).toEqual([
      { text: 'a b', start: 1, end: 6 },
      { text: 'c', start: 7, end: 8 },
    ]);
  });

  it('reads what quoteWord wrote', () => {
    const word = fc.string({
      unit: fc.oneof(
        fc.constantFrom("'", '"', '\\', ' ', '\n', '—', '-', '$'),
        fc.string({ minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        expect(texts(words.map(quoteWord).join(' '))).toEqual(words);
      }),
      { numRuns: 2000 },
    );
  });
});
