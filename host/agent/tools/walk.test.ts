import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../base/bytes.ts';
import type { Json } from '../../base/jcs.ts';
import { ToolScene } from './testing.ts';

function paths(value: { readonly [member: string]: Json }, of = 'entries'): readonly string[] {
  const list = value[of];
  if (!Array.isArray(list)) throw new TypeError(`no ${of}`);
  return list.map((entry: { path: string }) => entry.path);
}

function project(): ToolScene {
  const scene = new ToolScene();
  for (const path of [
    'b.ts',
    'a/one.ts',
    'a/two.md',
    'a/deep/er/x.ts',
    '.git/config',
    'node_modules/m/x.ts',
    'a.b/z',
  ]) {
    scene.put(path);
  }
  symlinkSync('a', scene.path('in'));
  symlinkSync('../outside', scene.path('out'));
  return scene;
}

describe('list_files', () => {
  it('names what is in the workspace, with kinds, sizes and targets', async () => {
    using scene = project();
    expect(await scene.done('list_files', {})).toEqual({
      path: '.',
      entries: [
        { path: '.git', kind: 'directory' },
        { path: 'a', kind: 'directory' },
        { path: 'a.b', kind: 'directory' },
        { path: 'b.ts', kind: 'file', bytes: 4 },
        { path: 'in', kind: 'symlink', target: 'a' },
        { path: 'node_modules', kind: 'directory' },
        { path: 'out', kind: 'symlink', target: '../outside' },
      ],
    });
  });

  it.for([
    ['a directory', { path: 'a' }, ['a/deep', 'a/one.ts', 'a/two.md']],
    ['through a symlink, by the true path', { path: 'in' }, ['a/deep', 'a/one.ts', 'a/two.md']],
    ['levels', { path: 'a', depth: 2 }, ['a/deep', 'a/deep/er', 'a/one.ts', 'a/two.md']],
    ['a glob of names, in every directory', { glob: '*.ts' }, ['a/deep/er/x.ts', 'a/one.ts', 'b.ts']],
    ['a glob of paths', { glob: 'a/*' }, ['a/deep', 'a/one.ts', 'a/two.md']],
    ['a glob beneath a path', { path: 'a', glob: '**/er/*' }, ['a/deep/er/x.ts']],
    ['a glob that names node_modules', { glob: 'node_modules/**' }, ['node_modules/m', 'node_modules/m/x.ts']],
    ['a glob that names a dot', { glob: '.git/*' }, ['.git/config']],
    ['a directory with a dot by name', { path: '.git' }, ['.git/config']],
    ['a glob that matches nothing', { glob: '*.rs' }, []],
    ['behind a path', { path: 'a', depth: 9, after_path: 'a/deep/er' }, ['a/deep/er/x.ts', 'a/one.ts', 'a/two.md']],
  ] as const)('lists %s', async ([, args, expected]) => {
    using scene = project();
    expect(paths(await scene.done('list_files', args))).toEqual(expected);
  });

  it('says which directories it did not enter', async () => {
    using scene = project();
    const outcome = await scene.call('list_files', { depth: 9 });
    expect(outcome.kind === 'done' && outcome.text).toContain('node_modules/ (not entered)');
    expect(outcome.kind === 'done' && outcome.text).toContain('.git/ (not entered)');
  });

  it.for([
    ['a file', { path: 'b.ts' }, 'not-found'],
    ['a way out', { path: 'out' }, 'path-escapes'],
    ['what is not there', { path: 'x' }, 'not-found'],
    ['a bad glob', { glob: '{a,b}' }, 'arguments-invalid'],
    ['a place elsewhere', { path: 'a', after_path: 'b.ts' }, 'arguments-invalid'],
    ['too many levels', { depth: 33 }, 'arguments-invalid'],
  ] as const)('refuses %s', async ([, args, code]) => {
    using scene = project();
    expect(await scene.ending('list_files', args)).toBe(code);
  });

  it('comes in pages that together are everything, in one order', async () => {
    const name = fc.constantFrom('a', 'b', 'a.b', 'ä', '𝄞', 'Z', 'ﬀ');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 25 }), async (files) => {
        using scene = new ToolScene();
        for (const file of files) {
          try {
            scene.put(file.join('/'));
          } catch {
            // A name that is a file already has no directory beside it.
          }
        }
        const all = paths(await scene.done('list_files', { depth: 32 }));
        const real = readdirSync(scene.work, { recursive: true, encoding: 'utf8' });
        expect([...all].sort(compareBytes)).toEqual(real.sort(compareBytes));
        for (const [at, after] of all.entries()) {
          const rest = await scene.done('list_files', { depth: 32, after_path: after });
          expect(paths(rest)).toEqual(all.slice(at + 1));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('answers at most a thousand names, and how to go on', async () => {
    using scene = new ToolScene();
    for (let at = 0; at < 1_500; at += 1) writeFileSync(scene.path(`f${String(at).padStart(4, '0')}`), '');
    const first = await scene.done('list_files', {});
    expect(paths(first)).toHaveLength(1_000);
    expect(first['next']).toEqual({ after_path: 'f0999' });
    const second = await scene.done('list_files', { after_path: 'f0999' });
    expect(paths(second)).toHaveLength(500);
    expect(second['next']).toBeUndefined();
  });

  it('does not fall into a deep tree', async () => {
    using scene = new ToolScene();
    let deep = scene.work;
    // Deeper than any path may be long.
    for (let at = 0; at < 60; at += 1) deep = join(deep, 'd'.repeat(60));
    mkdirSync(deep, { recursive: true });
    expect(paths(await scene.done('list_files', { depth: 32 }))).toHaveLength(32);
    expect(await scene.done('search_files', { pattern: 'x' })).toMatchObject({ matches: [] });
  });
});

describe('search_files', () => {
  it('answers file, line and text', async () => {
    using scene = new ToolScene();
    scene.put('a/f', 'one\r\nTwo\nthree two\n');
    scene.put('b', 'two');
    const outcome = await scene.call('search_files', { pattern: 'two', context: 1 });
    expect(outcome).toMatchObject({
      kind: 'done',
      value: {
        path: '.',
        matches: [
          { path: 'a/f', line: 3, text: 'three two', before: ['Two'], after: [] },
          { path: 'b', line: 1, text: 'two', before: [], after: [] },
        ],
        files_searched: 2,
      },
    });
    expect(outcome.kind === 'done' && outcome.text).toBe(
      ['a/f', '     2- Two', '     3: three two', 'b', '     1: two', '(2 matches in 2 files searched)'].join('\n'),
    );
  });

  it.for([
    ['case', { pattern: 'TWO', ignore_case: true }, ['a/f:2', 'a/f:3']],
    ['a pattern', { pattern: '^t\\w+ two$', regex: true }, ['a/f:3']],
    ['a pattern without case', { pattern: '^t..$', regex: true, ignore_case: true }, ['a/f:2']],
    ['plain text that looks like a pattern', { pattern: 't.o' }, []],
    ['one file', { pattern: 'two', path: 'a/f' }, ['a/f:3']],
    ['one file through a symlink', { pattern: 'two', path: 'in/f' }, ['a/f:3']],
    ['files that a glob names', { pattern: 'x', glob: '*.ts' }, ['a/one.ts:1']],
    ['behind a line', { pattern: 'o', after_path: 'a/f', after_line: 2 }, ['a/f:3', 'a/one.ts:1']],
    ['behind a file', { pattern: 'o', after_path: 'a/f' }, ['a/one.ts:1']],
  ] as const)('heeds %s', async ([, args, expected]) => {
    using scene = new ToolScene();
    scene.put('a/f', 'One\nTwo\nthree two\n');
    scene.put('a/one.ts', 'const x = o;');
    scene.put('node_modules/x.ts', 'x o two');
    symlinkSync('a', scene.path('in'));
    const { matches } = await scene.done('search_files', args);
    expect(Array.isArray(matches) && matches.map(({ path, line }) => `${path}:${line}`)).toEqual(expected);
  });

  it.for([
    ['a pattern that is none', { pattern: '(', regex: true }, 'arguments-invalid'],
    ['lookaround', { pattern: '(?=a)', regex: true }, 'arguments-invalid'],
    ['a backreference', { pattern: '(a)\\1', regex: true }, 'arguments-invalid'],
    ['a pattern that explodes', { pattern: '(a{500}){500}', regex: true }, 'arguments-invalid'],
    ['several lines', { pattern: 'a\nb' }, 'arguments-invalid'],
    ['a way out', { pattern: 'a', path: '..' }, 'path-escapes'],
    ['a missing file', { pattern: 'a', path: 'x' }, 'not-found'],
  ] as const)('refuses %s', async ([, args, code]) => {
    using scene = new ToolScene();
    expect(await scene.ending('search_files', args)).toBe(code);
  });

  it('passes by what is no text, too large or outside', async () => {
    using scene = new ToolScene();
    scene.put('binary', Buffer.concat([Buffer.from('the secret'), Buffer.of(0)]));
    scene.put('large', Buffer.alloc(8 * 1024 * 1024 + 1, 'the secret '));
    scene.put('latin', Buffer.from('the secret \xe4', 'latin1'));
    symlinkSync('../outside', scene.path('out'));
    symlinkSync('../outside/secret.txt', scene.path('link'));
    expect(await scene.done('search_files', { pattern: 'the secret' })).toMatchObject({
      matches: [{ path: 'latin', line: 1, text: 'the secret �' }],
      files_searched: 1,
      skipped: { binary: 1, too_large: 1, unreadable: 0, lines: 0 },
    });
  });

  it('shows the part of a long line around the match', async () => {
    using scene = new ToolScene();
    scene.put('f', `${'€'.repeat(5_000)}needle${'𝄞'.repeat(5_000)}`);
    const { matches } = await scene.done('search_files', { pattern: 'needle' });
    const [match] = Array.isArray(matches) ? matches : [];
    expect(match.text).toMatch(/^…€+needle.+…$/u);
    expect(match.text.length).toBeLessThan(600);
    expect(match.text.isWellFormed()).toBe(true);
  });

  it('comes in pages that together are every match', async () => {
    using scene = new ToolScene();
    const expected: string[] = [];
    for (const file of ['a', 'b/c', 'd']) {
      scene.put(file, Array.from({ length: 300 }, (_, at) => (at % 2 === 0 ? `hit ${at}` : 'miss')).join('\n'));
      for (let at = 0; at < 300; at += 2) expected.push(`${file}:${at + 1}`);
    }
    const seen: string[] = [];
    for (let more: { readonly [name: string]: Json } | undefined = {}; more !== undefined;) {
      const value: { readonly [member: string]: Json } = await scene.done('search_files', { pattern: 'hit', ...more });
      const { matches, next } = value;
      if (!Array.isArray(matches)) throw new TypeError('no matches');
      expect(matches.length).toBeLessThanOrEqual(200);
      seen.push(...matches.map(({ path, line }) => `${path}:${line}`));
      more = next === undefined ? undefined : { ...Object(next) };
    }
    expect(seen).toEqual(expected);
  });

  it('gets on where a pattern takes too much work', async () => {
    using scene = new ToolScene();
    scene.put('a', `b${'a'.repeat(200_000)}\nneedle aab\n`);
    scene.put('b', 'aab');
    const pattern = `(?:${'a?'.repeat(400)}){4}b$`;
    const value = await scene.done('search_files', { pattern, regex: true });
    expect(value).toMatchObject({
      skipped: { lines: 1 },
      matches: [
        { path: 'a', line: 2 },
        { path: 'b', line: 1 },
      ],
    });
  });

  it('is cancelled between files', async () => {
    using scene = new ToolScene();
    for (let at = 0; at < 2_000; at += 1) scene.put(`f${at}`, 'x');
    const stop = new AbortController();
    const running = scene.call('search_files', { pattern: 'nothing' }, stop.signal);
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(running).rejects.toThrow('enough');
    expect(scene.audit.rows.at(-1)).toMatchObject({ action: 'tool.result', detail: { outcome: 'cancelled' } });
  });
});
