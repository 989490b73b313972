import { assert, constantFrom, jsonValue, nat, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../../base/jcs.ts';
import { canonicalEnd, type ScannedCommitment } from './canonical.ts';

const isCanonical = (text: string): boolean => canonicalEnd(text, 0) === text.length;
const DIGEST = 'ab'.repeat(32);

/** The slow way: read it, write it canonically, compare. */
function isCanonicalSlowly(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text) as Json) === text && !hasLargeInteger(JSON.parse(text));
  } catch {
    return false;
  }
}

function hasLargeInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasLargeInteger);
}

const json = jsonValue({ maxDepth: 4, noUnicodeString: false }).map((value) => value as Json);

describe('a canonical text', () => {
  it('is what the canonical writer writes', () => {
    assert(
      property(json, (value) => {
        const text = canonicalJson(value);
        expect(isCanonical(text)).toBe(!hasLargeInteger(value));
      }),
      { numRuns: 500 },
    );
  });

  it('ends where its value ends, whatever stands around it', () => {
    assert(
      property(json, string(), string(), (value, before, after) => {
        const text = canonicalJson(value);
        if (hasLargeInteger(value) || typeof value === 'number') return;
        expect(canonicalEnd(`${before}${text}${after}`, before.length)).toBe(before.length + text.length);
      }),
    );
  });

  it('is told from every text that differs in one place as reading and writing it tells', () => {
    const edit = tuple(
      nat(),
      constantFrom('insert', 'replace', 'delete', 'swap'),
      string({ minLength: 1, maxLength: 2 }),
    );
    assert(
      property(
        json,
        edit,
        constantFrom(...'0123456789eE+-.,:"\\{}[] \nut'.split('')),
        (value, [where, how, other], likely) => {
          const text = canonicalJson(value);
          const at = where % (text.length + 1);
          const put = where % 3 === 0 ? other : likely;
          const edited = {
            insert: text.slice(0, at) + put + text.slice(at),
            replace: text.slice(0, at) + put + text.slice(at + 1),
            delete: text.slice(0, at) + text.slice(at + 1),
            swap:
              text.slice(0, at) +
              text
                .slice(at, at + 2)
                .split('')
                .toReversed()
                .join('') +
              text.slice(at + 2),
          }[how];
          expect(isCanonical(edited)).toBe(isCanonicalSlowly(edited));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.for([
    '{"10":1,"9":2}',
    '{"":0,"__proto__":{"a":1},"a":[]}',
    '{"\\u001f":1," ":2,"\\"":3,"\\\\":4,"\u007f":5,"\u20ac":6,"\ud83d\ude00":7,"\ufb33":8}',
    '[1e-7,0.000001,-1.5,123456789012345,9007199254740991,5e-324]',
    '[[],{},[{}],"",null,true,false,0]',
    '"\\b\\f\\n\\r\\t\\u000b\u007f"',
  ])('is %j', (text) => {
    expect(isCanonical(text)).toBe(true);
    expect(isCanonicalSlowly(text)).toBe(true);
  });

  it.for<readonly [string, string]>([
    ['white space', '{"a": 1}'],
    ['members out of order', '{"b":1,"a":2}'],
    ['members ordered as numbers', '{"9":1,"10":2}'],
    ['members ordered as code points', '{"\ufb33":1,"\ud83d\ude00":2}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, written otherwise', '{"\\n":1,"\\u000a":2}'],
    ['a negative zero', '[-0]'],
    ['a leading zero', '[01]'],
    ['a fraction of nothing', '[1.0]'],
    ['an exponent without sign', '[1e21]'],
    ['a number that is rounded', '[9007199254740993]'],
    ['an integer beyond 2^53', '[9007199254740992]'],
    ['an integer far beyond', '[1e+21]'],
    ['a number without end', '[1e999]'],
    ['an escaped slash', '"\\/"'],
    ['an escaped letter', '"\\u0041"'],
    ['upper case hex', '"\\u001F"'],
    ['a long form of a short escape', '"\\u0008"'],
    ['a control character', '"\u0001"'],
    ['a lone surrogate', '"\ud800"'],
    ['an escaped lone surrogate', '"\\ud800"'],
    ['surrogates the wrong way round', '"\udc00\ud800"'],
    ['no end', '{"a":[1'],
    ['a wrong end', '{"a":[1}'],
    ['a trailing comma', '[1,]'],
    ['a missing name', '{1:2}'],
    ['nothing', ''],
    ['a word', 'undefined'],
    ['what is no number', '[NaN]'],
    ['a minus alone', '[-]'],
  ])('has no %s', ([, text]) => {
    expect(isCanonical(text)).toBe(false);
  });

  it('is refused when it nests too deep, and however deep is never a crash', () => {
    expect(isCanonical('['.repeat(260) + ']'.repeat(260))).toBe(true);
    expect(canonicalEnd('['.repeat(261) + ']'.repeat(261), 0)).toMatch(/deeper/);
    expect(canonicalEnd('{"a":'.repeat(1_000_000), 0)).toMatch(/deeper/);
  });

  it('is looked for without throwing', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => {
        expect(isCanonical(text)).toBe(isCanonicalSlowly(text));
      }),
    );
  });
});

describe('the scan', () => {
  it('names the commitments among the members of the outermost object, and no others', () => {
    const found: ScannedCommitment[] = [];
    const inner = `{"$c":"${DIGEST}"}`;
    const text = `{"a\\n/~":${inner},"b":{"c":${inner}},"d":[${inner}],"e":{"$c":"${DIGEST}","x":1},"f":{"$c":"${DIGEST.slice(1)}"},"g":${inner}}`;
    expect(canonicalEnd(text, 0, found)).toBe(text.length);
    expect(found).toEqual([
      { member: 'a\n/~', digest: DIGEST },
      { member: 'g', digest: DIGEST },
    ]);
  });
});
