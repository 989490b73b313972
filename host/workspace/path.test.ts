import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath } from './path.ts';

describe('parsePath', () => {
  it.for([
    ['empty', '', 'noent'],
    ['absolute', '/a', 'notcapable'],
    ['the root', '/', 'notcapable'],
    ['above', '..', 'notcapable'],
    ['above behind a name', 'a/../..', 'notcapable'],
    ['above and back', '../work/a', 'notcapable'],
    ['above behind a dot', './..', 'notcapable'],
    ['zero byte', 'a\0', 'inval'],
    ['zero byte alone', '\0', 'inval'],
    ['lone surrogate', 'a/\udc00', 'ilseq'],
    ['long name', 'n'.repeat(256), 'nametoolong'],
    ['long name in bytes', 'é'.repeat(128), 'nametoolong'],
    ['long path', 'a/'.repeat(2048), 'nametoolong'],
    ['long path in bytes', 'é/'.repeat(1366), 'nametoolong'],
  ] as const)('refuses %s', ([, path, errno]) => {
    expect(parsePath(path)).toBe(errno);
  });

  it.for([
    ['a', ['a'], 'a', false, false],
    ['.', [], '.', false, true],
    ['./', [], '.', false, true],
    ['a//b/./c', ['a', 'b', 'c'], 'a/b/c', false, false],
    ['a/', ['a'], 'a', false, true],
    ['a/.', ['a'], 'a', false, true],
    ['a/..', ['a', '..'], 'a/..', true, true],
    ['a/../b', ['a', '..', 'b'], 'a/../b', true, false],
    ['...', ['...'], '...', false, false],
    ['n'.repeat(255), ['n'.repeat(255)], 'n'.repeat(255), false, false],
  ] as const)('takes %s apart', ([path, segments, text, dotdot, directory]) => {
    expect(parsePath(path)).toEqual({ segments, text, dotdot, directory });
  });

  it('answers only names that the kernel takes as one name', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.array(fc.constantFrom('a', '..', '.', '', '/')),
        (odd, parts) => {
          const parsed = parsePath([...parts, odd].join('/'));
          if (typeof parsed === 'string') return;
          for (const segment of parsed.segments) {
            expect(segment).not.toMatch(/[/\0]/);
            expect(['', '.']).not.toContain(segment);
            expect(segment.isWellFormed()).toBe(true);
          }
        },
      ),
    );
  });
});
