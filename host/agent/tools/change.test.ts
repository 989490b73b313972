import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textIn, ToolScene } from './testing.ts';

function text(scene: ToolScene, path: string): string {
  return readFileSync(scene.path(path), 'utf8');
}

describe('write_file', () => {
  it('makes a file and the directories on the way', async () => {
    using scene = new ToolScene();
    expect(await scene.done('write_file', { path: 'new/deep/f', content: 'ä\n' })).toEqual({
      path: 'new/deep/f',
      created: true,
      bytes: 3,
    });
    expect(text(scene, 'new/deep/f')).toBe('ä\n');
    expect(readdirSync(scene.path('new/deep'))).toEqual(['f']);
  });

  it('replaces a file as a whole, and leaves its mode', async () => {
    using scene = new ToolScene();
    scene.put('run.sh', 'old and longer');
    chmodSync(scene.path('run.sh'), 0o750);
    const { ino } = statSync(scene.path('run.sh'));
    expect(await scene.done('write_file', { path: 'run.sh', content: 'new' })).toMatchObject({
      created: false,
      bytes: 3,
    });
    expect(text(scene, 'run.sh')).toBe('new');
    expect(statSync(scene.path('run.sh')).mode & 0o7777).toBe(0o750);
    expect(statSync(scene.path('run.sh')).ino).not.toBe(ino);
    expect(readdirSync(scene.work)).toEqual(['run.sh']);
  });

  it('drops the bits that lend rights', async () => {
    using scene = new ToolScene();
    scene.put('f');
    chmodSync(scene.path('f'), 0o4755);
    await scene.done('edit_file', { path: 'f', old: 'f', new: 'g' });
    expect(statSync(scene.path('f')).mode & 0o7777).toBe(0o755);
  });

  it('asks for the true path, and writes there', async () => {
    using scene = new ToolScene();
    scene.put('real/f', 'old');
    symlinkSync('real', scene.path('dir'));
    symlinkSync('real/f', scene.path('link'));
    symlinkSync('real/new', scene.path('dangling'));
    for (const [path, true_] of [
      ['dir/f', 'real/f'],
      ['link', 'real/f'],
      ['dangling', 'real/new'],
    ] as const) {
      expect(await scene.done('write_file', { path, content: path })).toMatchObject({ path: true_ });
      expect(scene.gate.log.decisions.at(-1)?.action).toMatchObject({
        kind: 'WorkspaceWrite',
        path: true_,
        granted: false,
      });
      expect(text(scene, true_)).toBe(path);
    }
    expect(scene.gate.log.decisions.map(({ action }) => 'creates' in action && action.creates)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it.for([
    ['a directory', 'd', 'arguments-invalid'],
    ['the workspace', '.', 'arguments-invalid'],
    ['a way out', '../outside/secret.txt', 'path-escapes'],
    ['a symlink out', 'out', 'path-escapes'],
    ['beneath a symlink out', 'outdir/f', 'path-escapes'],
    ['beneath a file', 'f/g', 'not-found'],
    ['a directory to be', 'new/', 'not-found'],
  ] as const)('refuses %s', async ([, path, code]) => {
    using scene = new ToolScene();
    scene.put('d/x');
    scene.put('f');
    symlinkSync('../outside/secret.txt', scene.path('out'));
    symlinkSync('../outside', scene.path('outdir'));
    expect(await scene.ending('write_file', { path, content: 'x' })).toBe(code);
    expect(readFileSync(`${scene.outside}/secret.txt`, 'utf8')).toBe('the secret');
    expect(readdirSync(scene.outside)).toEqual(['secret.txt']);
  });

  it('refuses text that is no Unicode, and more than a file may have', async () => {
    using scene = new ToolScene();
    expect(await scene.ending('write_file', { path: 'f', content: '\ud800' })).toBe('arguments-invalid');
    expect(await scene.ending('write_file', { path: 'f', content: 'x'.repeat(8 * 1024 * 1024 + 1) })).toBe(
      'limit-exceeded',
    );
    expect(existsSync(scene.path('f'))).toBe(false);
  });

  it.for([
    ['a file that came meanwhile', 'write_file', 'new', 'old\n', { content: 'x' }, 'was made by someone else'],
    ['a file that is gone', 'write_file', 'f', undefined, { content: 'x' }, 'does not exist'],
    ['a symlink out in its place', 'write_file', 'f', 'link', { content: 'x' }, 'symbolic link'],
    ['a symlink out in its place', 'edit_file', 'f', 'link', { old: 'f', new: 'g' }, 'symbolic link'],
  ] as const)('leaves %s alone (%s)', async ([, tool, path, meanwhile, args, message]) => {
    using scene: ToolScene = new ToolScene({
      gate: {
        approver: {
          ask: async () => {
            if (meanwhile === 'link' || meanwhile === undefined) (await import('node:fs')).unlinkSync(scene.path(path));
            if (meanwhile === 'link') symlinkSync('../outside/secret.txt', scene.path(path));
            else if (meanwhile !== undefined) writeFileSync(scene.path(path), meanwhile);
            return 'once';
          },
        },
      },
    });
    scene.put('f');
    const outcome = await scene.call(tool, { path, ...args });
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect(outcome.kind === 'failed' && outcome.message).toContain(message);
    if (meanwhile === 'old\n') expect(text(scene, path)).toBe(meanwhile);
    expect(readFileSync(`${scene.outside}/secret.txt`, 'utf8')).toBe('the secret');
    expect(readdirSync(scene.work).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});

describe.for([
  ['write_file', { content: 'x' }],
  ['edit_file', { old: 'd', new: 'x' }],
  ['delete_file', {}],
] as const)('%s', ([tool, args]) => {
  it('does not follow a directory that became a symlink while a person was asked', async () => {
    using scene: ToolScene = new ToolScene({
      gate: {
        approver: {
          ask: async () => {
            renameSync(scene.path('d'), scene.path('moved'));
            symlinkSync('other', scene.path('d'));
            return 'once';
          },
        },
      },
    });
    for (const path of ['d/f', 'other/f', 'other/d']) scene.put(path);
    expect(await scene.ending(tool, { path: 'd/f', ...args })).toBe('io');
    expect([text(scene, 'other/f'), text(scene, 'moved/f')]).toEqual(['other/f', 'd/f']);
  });
});

describe('edit_file', () => {
  it('replaces the one place and shows the difference', async () => {
    using scene = new ToolScene();
    scene.put('f', Array.from({ length: 20 }, (_, at) => `line ${at + 1}\n`).join(''));
    const value = await scene.done('edit_file', { path: 'f', old: 'line 10\n', new: 'ten\nand a half\n' });
    expect(value).toMatchObject({ path: 'f', replaced: 1 });
    expect(value['diff']).toBe(
      [
        '--- f',
        '+++ f',
        '@@ -7,7 +7,8 @@',
        ' line 7',
        ' line 8',
        ' line 9',
        '-line 10',
        '+ten',
        '+and a half',
        ' line 11',
        ' line 12',
        ' line 13',
      ].join('\n'),
    );
  });

  it.for([
    ['what is not there', { old: 'x', new: 'y' }, 'not-found', 'Read the file again'],
    ['what stands twice', { old: 'a', new: 'y' }, 'arguments-invalid', 'in lines 1, 3'],
    ['what overlaps itself', { old: 'zz', new: 'y' }, 'arguments-invalid', '2 times'],
    ['other line ends', { old: 'a\nzzz', new: 'y' }, 'not-found', 'CRLF'],
    ['other blanks', { old: 'if  (b)', new: 'y' }, 'not-found', 'other blanks'],
    ['the same', { old: 'a', new: 'a' }, 'arguments-invalid', 'nothing to do'],
    ['nothing', { old: '', new: 'a' }, 'arguments-invalid', 'old'],
  ] as const)('refuses %s', async ([, args, code, words]) => {
    using scene = new ToolScene();
    scene.put('f', 'a\r\nzzz\r\nif (b) a\r\n');
    const outcome = await scene.call('edit_file', { path: 'f', ...args });
    expect(outcome).toMatchObject({ kind: 'failed', code });
    expect(JSON.stringify(outcome)).toContain(words);
    expect(text(scene, 'f')).toBe('a\r\nzzz\r\nif (b) a\r\n');
  });

  it.for([
    ['a binary file', Uint8Array.of(1, 0, 97), 'unsupported'],
    ['a file that is too large', Buffer.alloc(8 * 1024 * 1024 + 1, 'a'), 'limit-exceeded'],
  ] as const)('refuses %s', async ([, bytes, code]) => {
    using scene = new ToolScene();
    scene.put('f', bytes);
    expect(await scene.ending('edit_file', { path: 'f', old: 'a', new: 'b', all: true })).toBe(code);
    expect(statSync(scene.path('f')).size).toBe(bytes.length);
  });

  it('does not write over what changed while it was being edited', async () => {
    using scene = new ToolScene();
    scene.put('f', 'a');
    const dir = scene.workspace.handle('read-write');
    const { replaceFile } = await import('./change.ts');
    expect(() =>
      replaceFile(dir, 'f', () => {
        writeFileSync(scene.path('f'), 'someone else');
        return Buffer.from('mine');
      }),
    ).toThrow('changed by someone else');
    expect(text(scene, 'f')).toBe('someone else');
  });

  it('replaces as String.replaceAll does, and its diff says exactly that', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 40 }),
        fc.constantFrom('a', 'ab', 'b\n', '\n', 'a\nb', 'bb'),
        fc.constantFrom('', 'x', 'x\ny', '\n\n', 'b'),
        async (lines, old, fresh) => {
          using scene = new ToolScene();
          const before = lines.join('\n');
          writeFileSync(scene.path('f'), before);
          const outcome = await scene.call('edit_file', { path: 'f', old, new: fresh, all: true });
          if (!before.includes(old)) {
            expect(outcome).toMatchObject({ code: 'not-found' });
            return;
          }
          const after = before.replaceAll(old, fresh);
          expect(text(scene, 'f')).toBe(after);
          expect(outcome.kind === 'done' && applied(before, textIn(outcome.value, 'diff'))).toBe(after);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** What a unified diff makes of a text. */
function applied(before: string, diff: string): string {
  const old = before.split(/(?<=\n)/);
  const out: string[] = [];
  let at = 0;
  const lines = diff.split('\n').slice(2);
  for (const [index, line] of lines.entries()) {
    const head = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    const ended = lines[index + 1]?.startsWith('\\') === true ? '' : '\n';
    if (head !== null) {
      const start = Number(head[1]) - (head[2] === '0' ? 0 : 1);
      out.push(...old.slice(at, start));
      at = start;
    } else if (line.startsWith(' ') || line.startsWith('-')) {
      expect(old[at]).toBe(line.slice(1) + ended);
      if (line.startsWith(' ')) out.push(line.slice(1) + ended);
      at += 1;
    } else if (line.startsWith('+')) out.push(line.slice(1) + ended);
  }
  return [...out, ...old.slice(at)].join('');
}

describe('delete_file', () => {
  it.for([
    ['a file', 'd/f', 'file'],
    ['an empty directory', 'empty', 'directory'],
    ['a symlink and not what it points to', 'link', 'symlink'],
    ['a symlink that leads out', 'out', 'symlink'],
  ] as const)('deletes %s', async ([, path, kind]) => {
    using scene = new ToolScene();
    scene.put('d/f');
    scene.put('empty/x');
    (await import('node:fs')).unlinkSync(scene.path('empty/x'));
    symlinkSync('d/f', scene.path('link'));
    symlinkSync('../outside/secret.txt', scene.path('out'));
    expect(await scene.done('delete_file', { path })).toEqual({ path, kind });
    expect(scene.gate.log.decisions.at(-1)).toMatchObject({ tier: 3, action: { kind: 'WorkspaceDelete', path } });
    expect(existsSync(`${scene.outside}/secret.txt`)).toBe(true);
    if (path !== 'd/f') expect(existsSync(scene.path('d/f'))).toBe(true);
    expect(readdirSync(scene.work)).toHaveLength(path === 'd/f' ? 4 : 3);
  });

  it.for([
    ['a directory with something in it', 'd', 'arguments-invalid'],
    ['the workspace', '.', 'io'],
    ['what is not there', 'x', 'not-found'],
    ['a way out', '../outside/secret.txt', 'path-escapes'],
  ] as const)('refuses %s', async ([, path, code]) => {
    using scene = new ToolScene();
    scene.put('d/f');
    expect(await scene.ending('delete_file', { path })).toBe(code);
    expect(text(scene, 'd/f')).toBe('d/f');
  });
});
