import { renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rawBundle } from './bundle.ts';
import { codeOf, contextOf, good, judge, scratch, skillOf } from './verify.fixture.ts';
import { verifyDir } from './verify.ts';

afterAll(() => scratch[Symbol.dispose]());

describe('reading', () => {
  it('names a directory that is not there, or none', () => {
    expect(codeOf(judge(join(scratch.path, 'nowhere')))).toBe('not-found');
    expect(codeOf(judge(join(good(), 'SKILL.md')))).toBe('not-found');
  });

  it('follows a symlink to the bundle itself, and takes its name', () => {
    const dir = good();
    symlinkSync(dir, join(dir, '../alias'));
    expect(skillOf(judge(join(dir, '../alias'))).name).toBe('demo');
  });

  it('takes the name it is given', () => {
    const dir = good();
    renameSync(dir, join(dir, '../0123'));
    expect(skillOf(verifyDir(join(dir, '../0123'), () => contextOf(), 'demo')).name).toBe('demo');
  });

  it.for(['../x', '/x', 'a/../b', 'a//b', './a', 'a/', '', '.', '..', 'a\\b', 'a\0', 'é'])(
    'refuses %j from an archive',
    (path) => {
      expect(() => rawBundle('demo', [[path, new Uint8Array()]])).toThrow(
        expect.objectContaining({ code: 'bundle-unsafe-entry' }),
      );
    },
  );

  it.for([
    [['a', 'A']],
    [['a/b', 'A/c']],
    [['a', 'A/c']],
    [['A/c', 'a']],
    [['a', 'a/b']],
    [['a/b', 'a']],
    [['a', 'a']],
  ])('refuses %j from an archive as one name', ([paths]) => {
    const entries = paths!.map((path) => [path, new Uint8Array()] as const);
    expect(() => rawBundle('demo', entries)).toThrow(expect.objectContaining({ code: 'bundle-unsafe-entry' }));
  });

  it('prefers an unsafe entry to a size, wherever it stands', () => {
    const dir = good();
    writeFileSync(join(dir, 'a'), '');
    truncateSync(join(dir, 'a'), 2 ** 31);
    symlinkSync('a', join(dir, 'zzz'));
    expect(codeOf(judge(dir))).toBe('bundle-unsafe-entry');
  });
});
