import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatches, parseGlob } from '../../../policy/glob.ts';
import type { Access } from '../observe/accesses.ts';
import { globsOf, propose } from './propose.ts';

const did = (kind: Access['kind'], path: string, refused?: string): Access => ({
  mount: '/workspace',
  path,
  kind,
  ...(refused === undefined ? {} : { refused }),
});

describe('propose', () => {
  it.for([
    ['nothing', [], [], []],
    ['a file that was read', [did('read', 'a.txt')], ['a.txt'], []],
    ['a file that was read twice', [did('look', 'a.txt'), did('read', 'a.txt')], ['a.txt'], []],
    ['what was refused is not needed', [did('read', 'a.txt', 'noent'), did('write', 'b', 'acces')], [], []],
    ['a directory on the way is not', [did('look', 'src'), did('list', 'src'), did('read', 'src/a')], ['src/a'], []],
    ['a directory of which only the names were wanted', [did('list', 'src')], ['src/*'], []],
    ['the workspace of which only the names were wanted', [did('list', '.')], ['*'], []],
    ['what was written and then read', [did('write', 'a'), did('read', 'a')], [], ['a']],
    ['another directory', [{ ...did('read', 'a'), mount: '/tmp' }], [], []],
  ] as const)('%s', ([, accesses, read, write]) => {
    expect(propose(accesses)).toMatchObject({ read, write });
  });

  it('names what was looked for in vain', () => {
    expect(propose([did('read', 'b', 'noent'), did('look', 'a', 'noent'), did('read', 'c', 'acces')]).missing).toEqual([
      'a',
      'b',
    ]);
  });
});

describe('globsOf', () => {
  it('puts many files of one kind into one glob, beneath the directory that they share', () => {
    expect(globsOf(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `src/${name}.ts`))).toEqual(['src/*.ts']);
    expect(globsOf(['a', 'b', 'c'].flatMap((dir) => [`src/${dir}/x.ts`, `src/${dir}/y.ts`]))).toEqual(['src/**/*.ts']);
    expect(globsOf(['a/x.ts', 'b/x.ts', 'c/x.ts', 'd/x.js', 'Makefile', '.env'])).toEqual([
      '**/*.ts',
      '.env',
      'Makefile',
      'd/x.js',
    ]);
  });

  it('covers every path that it was made of', () => {
    const segment = fc.stringMatching(/^[.]?[a-z]{1,3}([.](ts|js|md))?$/);
    const paths = fc.uniqueArray(
      fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/')),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(paths, (all) => {
        const globs = globsOf([...all].sort()).map((glob) => parseGlob(glob));
        for (const path of all)
          expect(
            globs.some((glob) => globMatches(glob, path.split('/'))),
            path,
          ).toBe(true);
      }),
    );
  });
});
