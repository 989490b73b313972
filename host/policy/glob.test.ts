import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import { globMatches, leadsTo, parseGlob, restsBeneath } from './glob.ts';

describe('parseGlob', () => {
  it.for([
    ['empty', '', 'is empty'],
    ['absolute', '/etc/**', 'is absolute'],
    ['empty segment', 'a//b', 'empty segment'],
    ['trailing slash', 'src/', 'empty segment'],
    ['parent', '../a', 'segment ".."'],
    ['parent inside', 'a/../b', 'segment ".."'],
    ['dot', './a', 'segment "."'],
    ['zero byte', 'a\0b', 'zero byte'],
    ['lone surrogate', 'a\ud800', 'Unicode'],
    ['braces', '*.{js,ts}', 'braces'],
    ['negation', '!a', 'negation'],
    ['backslash', 'a\\b', 'backslash'],
    ['** with company', 'a**', '**'],
    ['three stars', '***', '**'],
    ['long name', 'x'.repeat(256), '255 bytes'],
    ['long text', 'x/'.repeat(3000) + 'x', '4095 bytes'],
    ['many segments', 'x/'.repeat(30) + 'x', '30 segments'],
  ] as const)('refuses %s', ([, text, reason]) => {
    expect(() => parseGlob(text)).toThrow(HostError);
    expect(() => parseGlob(text)).toThrow(reason);
  });
});

describe('globMatches', () => {
  it.for([
    ['a.txt', 'a.txt', true],
    ['a.txt', 'A.txt', false],
    ['*.txt', 'a.txt', true],
    ['*.txt', '.txt', false],
    ['*.txt', '.a.txt', false],
    ['.*', '.env', true],
    ['?', '.', false],
    ['?env', '.env', false],
    ['.e?v', '.env', true],
    ['*.txt', 'd/a.txt', false],
    ['?', 'é', true],
    ['?', '😀', true],
    ['??', '😀', false],
    ['*😀', 'a😀', true],
    ['*', 'a', true],
    ['*', '', false],
    ['**', 'a', true],
    ['**', 'a/b/c', true],
    ['**', '.git', false],
    ['**', 'a/.git/b', false],
    ['**/.git', 'a/.git', true],
    ['src/**', 'src', false],
    ['src/**', 'src/a', true],
    ['src/**', 'src/a/b', true],
    ['src/**', 'srcs/a', false],
    ['src/**/x', 'src/x', true],
    ['src/**/x', 'src/a/b/x', true],
    ['src/**/x', 'src/.a/x', false],
    ['**/**', 'a', true],
    ['a/**/b/**/c', 'a/b/c', true],
    ['a/**/b/**/c', 'a/b/b/b/c', true],
    ['a/**/b/**/c', 'a/c/b', false],
    ['a[b].txt', 'a[b].txt', true],
    ['a[b].txt', 'ab.txt', false],
    ['*a*b', 'xaxxb', true],
    ['a*b*c', 'abbbc', true],
    ['a*b*c', 'abbb', false],
  ] as const)('%s on %s: %s', ([glob, path, expected]) => {
    expect(globMatches(parseGlob(glob), path === '' ? [] : path.split('/'))).toBe(expected);
  });

  it('ends on patterns that would blow up', () => {
    const segment = 'a'.repeat(255);
    expect(globMatches(parseGlob(`${'*a'.repeat(100)}*b`), [segment])).toBe(false);
    const deep = parseGlob(`${'**/a/'.repeat(14)}b`);
    expect(
      globMatches(
        deep,
        Array.from({ length: 2000 }, () => 'a'),
      ),
    ).toBe(false);
  });

  const part = fc.constantFrom('**', '*', '?', 'a', 'b', '.a', 'a*', '*b', '.*', '?b');
  const name = fc.constantFrom('a', 'b', 'ab', '.a', 'aab', '.b', 'c');
  const parts = fc.array(part, { minLength: 1, maxLength: 5 });
  const path = fc.array(name, { maxLength: 6 });

  it('agrees with a matcher written as the definition', () => {
    fc.assert(
      fc.property(parts, path, (parts, path) => {
        expect(globMatches(parseGlob(parts.join('/')), path)).toBe(path.length > 0 && defined(parts, path));
      }),
      { numRuns: 3000 },
    );
  });

  it('every directory on the way to a match leads to it, and what is granted beneath is told by the rest', () => {
    fc.assert(
      fc.property(parts, path, fc.nat(6), (parts, path, cut) => {
        const glob = parseGlob(parts.join('/'));
        const [above, below] = [path.slice(0, cut), path.slice(cut)];
        if (below.length === 0) return;
        const matched = globMatches(glob, path);
        if (matched) expect(leadsTo([glob], above)).toBe(true);
        const rests = [...restsBeneath([glob], above)].map(parseGlob);
        expect(rests.some((rest) => globMatches(rest, below))).toBe(matched);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('leadsTo', () => {
  it.for([
    ['src/a/*.txt', 'src', true],
    ['src/a/*.txt', 'src/a', true],
    ['src/a/*.txt', 'src/b', false],
    ['src/a/*.txt', 'src/a/x.txt', false],
    ['src/**', 'src/any/where', true],
    ['src/**', 'src/.git', false],
    ['src', 'src', false],
    ['**/x', 'a/b', true],
  ] as const)('%s from %s: %s', ([glob, path, expected]) => {
    expect(leadsTo([parseGlob(glob)], path.split('/'))).toBe(expected);
  });
});

function defined(parts: readonly string[], path: readonly string[]): boolean {
  const [part, ...rest] = parts;
  const [name, ...below] = path;
  if (part === undefined) return name === undefined;
  if (part === '**') {
    const takesOne = name !== undefined && !name.startsWith('.');
    const lastDeep = rest.every((next) => next === '**');
    if (lastDeep) return takesOne && (below.length === 0 || defined(['**'], below));
    return defined(rest, path) || (takesOne && defined(parts, below));
  }
  if (name === undefined) return false;
  const pattern = part
    .split('')
    .map((c) => (c === '*' ? '.*' : c === '?' ? '.' : `\\${c}`.replace(/\\([ab])/, '$1')))
    .join('');
  if (name.startsWith('.') && !part.startsWith('.')) return false;
  return new RegExp(`^${pattern}$`, 'u').test(name) && defined(rest, below);
}
