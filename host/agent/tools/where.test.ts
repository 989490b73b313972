import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { HostError } from '../../base/error.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import { ToolScene } from './testing.ts';
import { fileIn, READ, whereIs, WRITE } from './where.ts';

function where(scene: ToolScene, path: string, followLast = true): string {
  try {
    const found = whereIs(scene.workspace.handle('read-only'), path, followLast);
    return `${found.path} ${found.stat?.kind ?? 'missing'}`;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return error.code;
  }
}

function scene(): ToolScene {
  const made = new ToolScene();
  made.put('a/b/f');
  made.put('top');
  symlinkSync('a/b', made.path('in'));
  symlinkSync('../top', made.path('a/up'));
  symlinkSync('../../outside/secret.txt', made.path('a/out'));
  symlinkSync('/etc/passwd', made.path('absolute'));
  symlinkSync('loop', made.path('loop'));
  symlinkSync('a/new', made.path('dangling'));
  symlinkSync('../in/../../top', made.path('a/winding'));
  symlinkSync('b/', made.path('a/slashed'));
  return made;
}

describe('whereIs', () => {
  it.for([
    ['a file', 'a/b/f', 'a/b/f file'],
    ['the workspace', '.', '. directory'],
    ['the workspace as programs see it', '/workspace', '. directory'],
    ['a path as programs see it', '/workspace//a/b/f', 'a/b/f file'],
    ['dots and doubled slashes', './a//./b/../b/f', 'a/b/f file'],
    ['a symlink on the way', 'in/f', 'a/b/f file'],
    ['a symlink at the end', 'a/up', 'top file'],
    ['.. behind a symlink', 'in/../up', 'top file'],
    ['a symlink that winds', 'a/winding', 'top file'],
    ['a symlink with a slash', 'a/slashed', 'a/b directory'],
    ['a dangling symlink', 'dangling', 'a/new missing'],
    ['what is not there', 'new/deep/f', 'new/deep/f missing'],
    ['what is not there, through a symlink', 'in/new', 'a/b/new missing'],
    ['.. behind what is not there', 'new/../top', 'not-found'],
    ['a directory that is not there', 'new/', 'not-found'],
    ['a file as a directory', 'top/', 'not-found'],
    ['through a file', 'top/f', 'not-found'],
    ['a way out', '../outside/secret.txt', 'path-escapes'],
    ['a way out later', 'a/../../outside', 'path-escapes'],
    ['a symlink out', 'a/out', 'path-escapes'],
    ['an absolute symlink', 'absolute', 'path-escapes'],
    ['an absolute path', '/etc/passwd', 'path-escapes'],
    ['the mount of another name', '/workspaces/x', 'path-escapes'],
    ['out of the mount', '/workspace/../etc', 'path-escapes'],
    ['a symlink to itself', 'loop', 'io'],
    ['nothing', '', 'not-found'],
    ['a zero byte', 'a\0b', 'path-invalid'],
    ['a lone surrogate', 'a\ud800', 'path-invalid'],
    ['a long name', 'x'.repeat(256), 'path-invalid'],
  ] as const)('%s', ([, path, expected]) => {
    using made = scene();
    expect(where(made, path)).toBe(expected);
  });

  it('names a last symlink itself when it is not followed', () => {
    using made = scene();
    expect(where(made, 'in/../up', false)).toBe('a/up symlink');
    expect(where(made, 'a/out', false)).toBe('a/out symlink');
    expect(where(made, 'a/slashed/', false)).toBe('a/b directory');
  });

  it.for([
    ['an absolute target that a layer tells', { target: '/top' }, 'leads out of the workspace'],
    ['what is no symlink any more', 'inval', 'changed while it was being opened'],
  ] as const)('refuses %s', ([, link, message]) => {
    using made = scene();
    const real = made.workspace.handle('read-only');
    const telling = {
      stat: () => real.stat(),
      statAt: (path: string) => real.statAt(path, false),
      readlink: () => link,
    };
    expect(() => whereIs(telling as unknown as DirHandle, 'absolute', true)).toThrow(message);
  });

  it('agrees with the kernel about what is there', () => {
    using made = scene();
    mkdirSync(made.path('c/d'), { recursive: true });
    symlinkSync('../../a', made.path('c/d/back'));
    const segment = fc.constantFrom(
      'a',
      'b',
      'c',
      'd',
      'f',
      'in',
      'up',
      'back',
      'top',
      '..',
      '.',
      'winding',
      'slashed',
    );
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 7 }), (segments) => {
        const path = segments.join('/');
        const found = where(made, path);
        if (found === 'path-escapes') return;
        let real: string | undefined;
        try {
          real = relative(made.work, realpathSync.native(`${made.work}/${path}`)) || '.';
        } catch {
          real = undefined;
        }
        if (real === undefined) expect(found).toMatch(/missing$|^not-found$|^io$/);
        else expect(found.split(' ')[0]).toBe(real);
      }),
      { numRuns: 300 },
    );
  });
});

describe('fileIn', () => {
  it.for([
    ['other', 'neither a regular file'],
    ['symlink', 'symbolic link'],
    ['directory', 'is a directory'],
  ] as const)('does not even open what is %s', ([kind, message]) => {
    const open = vi.fn();
    const parent = { statAt: () => ({ kind }), open } as unknown as DirHandle;
    expect(() => fileIn(parent, 'f', READ, 'f')).toThrow(message);
    expect(open).not.toHaveBeenCalled();
  });

  it('follows nothing that comes between the look and the opening', () => {
    const open = vi.fn(() => 'loop');
    const parent = { statAt: () => ({ kind: 'file' }), open } as unknown as DirHandle;
    for (const how of [READ, WRITE]) expect(() => fileIn(parent, 'f', how, 'f')).toThrow('symbolic link');
    expect(open.mock.calls).toMatchObject([
      ['f', { followLast: false, create: false }],
      ['f', { followLast: false, create: false }],
    ]);
  });
});
