import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import { rawBundle } from './bundle.ts';
import { readBundleDir } from './read-bundle.ts';
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

describe('a directory that is swapped while it is read', () => {
  it('never lets a file from outside in', async () => {
    const dir = good({ 'deep/er/own.txt': 'inside' });
    const outside = scratch.dir({ 'er/own.txt': 'OUTSIDE', 'own.txt': 'OUTSIDE' }, 'outside');
    // Swaps directories and a file for symlinks and back, as fast as it can, until it is ended.
    const script = `
      const fs = require('fs');
      const [dir, outside] = process.argv.slice(1);
      const swap = (path, target) => { fs.renameSync(path, dir + '/../aside'); fs.symlinkSync(target, path); fs.unlinkSync(path); fs.renameSync(dir + '/../aside', path); };
      process.stdout.write('x');
      for (;;) { swap(dir + '/deep', outside); swap(dir + '/deep/er', outside); swap(dir + '/deep/er/own.txt', outside + '/own.txt'); }`;
    const attacker = spawn(process.execPath, ['-e', script, dir, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(attacker, 'exit');
    await once(attacker.stdout, 'data');
    const seen = new Set<string>();
    for (let i = 0; i < 3_000; i++) {
      try {
        for (const [path, bytes] of readBundleDir(dir).files) {
          seen.add('read');
          if (path.endsWith('own.txt')) expect(new TextDecoder().decode(bytes)).toBe('inside');
        }
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        seen.add(error.code);
      }
    }
    attacker.kill('SIGKILL');
    await ended;
    expect([...seen].filter((outcome) => !['read', 'bundle-unsafe-entry'].includes(outcome))).toEqual([]);
    expect(seen).toContain('read');
    expect(seen).toContain('bundle-unsafe-entry');
  });
});
