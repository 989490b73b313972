import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/jcs.ts';
import type { Question } from '../../policy/gate-ports.ts';
import { ToolScene } from './testing.ts';

/** How long one attack goes on, and how long at most until it has met the calls. */
const ATTACK_MS = 1_500;
const MAX_ATTACK_MS = 20_000;

// Swaps a directory and files for symlinks, inside and out, as fast as it can.
const ATTACKER = `
import { renameSync } from 'node:fs';
const swap = (name) => {
  renameSync(name, name + '.real');
  renameSync(name + '.link', name);
  renameSync(name, name + '.link');
  renameSync(name + '.real', name);
};
process.stdout.write('ready');
for (;;) for (const name of ['d', 'e/f', 'e/g', 'e/w']) swap(name);
`;

function state(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const { mode, nlink, mtimeMs, size } = statSync(path);
      return `${name} ${mode} ${nlink} ${mtimeMs} ${size}`;
    });
}

describe('under a rename attack', () => {
  it('touches what was asked for, and nothing outside', async () => {
    const asked: Question[] = [];
    using scene = new ToolScene({
      gate: {
        approver: {
          ask: async (question) => {
            asked.push(question);
            return 'once';
          },
        },
      },
    });
    for (const path of ['d/f', 'd/w', 'e/f', 'e/g', 'e/w', 'other/f', 'other/w']) scene.put(path, path);
    for (const name of ['f', 'w', 'gone']) writeFileSync(join(scene.outside, name), 'outside');
    symlinkSync('../outside', scene.path('d.link'));
    symlinkSync('../other/f', scene.path('e/f.link'));
    symlinkSync('../../outside/f', scene.path('e/g.link'));
    symlinkSync('../../outside/w', scene.path('e/w.link'));
    const before = state(scene.outside);
    const attacker = spawn(process.execPath, ['--input-type=module', '-e', ATTACKER], {
      cwd: scene.work,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const seen = new Set<string>();
    const note = (what: string, outcome: Awaited<ReturnType<ToolScene['call']>>): void => {
      if (outcome.kind === 'done') {
        const { path, text = path } = outcome.value;
        // Each file holds its own name: what was read is what was named.
        if (what === 'read') expect(text).toBe(path);
        seen.add(`${what} ${typeof path === 'string' ? path : 'done'}`);
      } else seen.add(`${what} ${outcome.kind === 'failed' ? outcome.code : outcome.kind}`);
    };
    try {
      await once(attacker.stdout, 'data');
      const start = performance.now();
      const met = (): boolean => seen.has('read other/f') && seen.has('read e/f') && seen.has('read path-escapes');
      for (let ms = 0; ms < ATTACK_MS || (ms < MAX_ATTACK_MS && !met()); ms = performance.now() - start) {
        for (const path of ['d/f', 'e/f', 'e/g']) {
          note('read', await scene.call('read_file', { path }));
        }
        const { length } = asked;
        note('edit', await scene.call('edit_file', { path: 'd/w', old: 'd/w', new: 'd/w ' }));
        note('write', await scene.call('write_file', { path: 'e/w', content: `${length}` }));
        note('delete', await scene.call('delete_file', { path: 'd/gone' }));
        note('search', await scene.call('search_files', { pattern: 'outside' }));
        note('list', await scene.call('list_files', { depth: 9 }));
        const found = await scene.call('search_files', { pattern: 'outside' });
        if (found.kind === 'done') expect(found.value['matches']).toEqual([]);
      }
    } finally {
      attacker.kill('SIGKILL');
      if (attacker.exitCode === null && attacker.signalCode === null) await once(attacker, 'exit');
    }
    expect(state(scene.outside)).toEqual(before);
    for (const name of ['f', 'w', 'gone']) expect(readFileSync(join(scene.outside, name), 'utf8')).toBe('outside');
    // The attack met the calls: the file, what a symlink made of it, and the way out were all seen.
    expect([...seen]).toEqual(expect.arrayContaining(['read other/f', 'read e/f', 'read path-escapes']));
    for (const { action } of asked) {
      if (action.kind === 'WorkspaceWrite') expect(['d/w', 'e/w']).toContain(action.path);
    }
  });
});

describe('random calls', () => {
  const segment = fc.constantFrom(
    'a',
    'b',
    'c',
    'in',
    'out',
    'file',
    'hard',
    '..',
    '.',
    '',
    'workspace',
    '.git',
    'loop',
    'ä',
  );
  const path = fc
    .tuple(fc.constantFrom('', '/', './', '/workspace/', '../'), fc.array(segment, { minLength: 1, maxLength: 5 }))
    .map(([front, segments]) => front + segments.join('/'));
  const text = fc.constantFrom('', 'x', 'file', 'ä\n', 'linked');
  const call: fc.Arbitrary<readonly [string, { readonly [name: string]: Json }]> = fc.oneof(
    fc.record({ path }).map((args) => ['read_file', args] as const),
    fc.record({ path, content: text }).map((args) => ['write_file', args] as const),
    fc.record({ path, old: text, new: text, all: fc.boolean() }).map((args) => ['edit_file', args] as const),
    fc.record({ path, depth: fc.integer({ min: 1, max: 5 }) }).map((args) => ['list_files', args] as const),
    fc.record({ path, pattern: fc.constantFrom('secret', 'x', 'f') }).map((args) => ['search_files', args] as const),
    fc.record({ path }).map((args) => ['delete_file', args] as const),
  );

  it('never see or change what is outside, and are each recorded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 25 }), async (calls) => {
        using scene = new ToolScene();
        for (const name of ['a/b/file', 'a/file', 'c/file', '.git/file']) scene.put(name);
        symlinkSync('a/b', scene.path('in'));
        symlinkSync('../outside', scene.path('out'));
        symlinkSync('../../outside/secret.txt', scene.path('a/out'));
        symlinkSync('../a', scene.path('c/in'));
        symlinkSync('loop', scene.path('loop'));
        mkdirSync(join(scene.outside, 'a'));
        writeFileSync(join(scene.outside, 'linked.txt'), 'linked');
        linkSync(join(scene.outside, 'linked.txt'), scene.path('hard'));
        const before = state(scene.outside);
        const data = state(scene.dataDir);
        for (const [name, args] of calls) {
          const outcome = await scene.call(name, args);
          expect(JSON.stringify(outcome)).not.toContain('the secret');
        }
        // Deleting the name inside takes a link off the file, and nothing else of it.
        const unlinked = (lines: readonly string[]): readonly string[] =>
          lines.map((line) => line.replace(/^(linked\.txt \d+) \d/, '$1'));
        expect(unlinked(state(scene.outside))).toEqual(unlinked(before));
        expect(readFileSync(join(scene.outside, 'linked.txt'), 'utf8')).toBe('linked');
        expect(readFileSync(join(scene.outside, 'secret.txt'), 'utf8')).toBe('the secret');
        expect(state(scene.dataDir)).toEqual(data);
        expect(existsSync(scene.work)).toBe(true);
        expect(scene.audit.rows.filter(({ action }) => action === 'tool.call')).toHaveLength(calls.length);
        expect(scene.audit.rows.filter(({ action }) => action === 'tool.result')).toHaveLength(calls.length);
        // No temporary file is left.
        const left = readdirSync(scene.work, { recursive: true, encoding: 'utf8' });
        expect(left.filter((name) => name.includes('.tmp'))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
