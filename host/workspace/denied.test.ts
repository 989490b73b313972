import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGlob } from '../policy/glob.ts';
import type { Access } from './access.ts';
import { WorkspaceDir } from './dir.ts';
import { bothBackends, CREATE, dirAt, names, READ, Scene, WRITE } from './fixture.ts';

function denying(read: readonly string[], write: readonly string[] = []): Access {
  const everything = [parseGlob('**')];
  return {
    read: everything,
    write: everything,
    denied: { read: read.map((glob) => parseGlob(glob)), write: write.map((glob) => parseGlob(glob)) },
  };
}

describe.for(bothBackends().map((backend) => [backend.name, backend] as const))('what is denied, %s', ([, backend]) => {
  let scene: Scene;
  let workspace: WorkspaceDir;
  beforeEach(() => {
    scene = new Scene();
    for (const path of ['docs/secret', 'docs/deep/secret', 'docs/a', 'other/a']) scene.put(path);
    workspace = WorkspaceDir.openAmbient(scene.work);
  });
  afterEach(() => {
    workspace.close();
    scene[Symbol.dispose]();
  });

  it.for<[string, readonly string[], string]>([
    ['by its path', ['docs/secret'], 'docs/secret'],
    ['by a wildcard', ['**/secret'], 'docs/deep/secret'],
    ['with all that is beneath', ['docs/**'], 'docs/deep/secret'],
    ['by a way around', ['docs/**'], 'other/../docs/secret'],
  ])('is not read although it is granted: %s', ([, globs, path]) => {
    const root = workspace.handle(denying(globs, ['**']), backend);
    expect(root.open(path, READ)).toBe('notcapable');
    expect(root.statAt(path, true)).toBe('notcapable');
    expect(root.open('other/a', READ)).not.toBeTypeOf('string');
  });

  it('is not listed', () => {
    const root = workspace.handle(denying(['**/secret'], ['**']), backend);
    expect(names(dirAt(root, 'docs'))).toEqual(['a', 'deep']);
  });

  it('is not written, made, removed or replaced', () => {
    const root = workspace.handle(denying([], ['docs/**']), backend);
    expect(root.open('docs/a', WRITE)).toBe('notcapable');
    expect(root.open('docs/new', CREATE)).toBe('notcapable');
    expect(root.mkdir('docs/newer')).toBe('notcapable');
    expect(root.unlink('docs/a')).toBe('notcapable');
    expect(root.rename('other/a', root, 'docs/a')).toBe('notcapable');
    expect(root.open('other/a', WRITE)).not.toBeTypeOf('string');
  });

  it.for<[string, Access, string, string]>([
    ['a file', denying(['docs/secret']), 'docs/secret', 'other/b'],
    ['the directory around it', denying(['docs/secret']), 'docs', 'elsewhere'],
    ['a directory above it', denying(['docs/deep/*']), 'docs', 'other/docs'],
    ['what may not be changed, with its directory', denying([], ['docs/deep/secret']), 'docs', 'elsewhere'],
    ['a directory to where it would be one', denying([], ['new/secret']), 'docs', 'new'],
  ])('does not get out by a new name: %s', ([, access, from, to]) => {
    const root = workspace.handle(access, backend);
    expect(root.rename(from, root, to)).toBe('notcapable');
  });

  it('leaves a directory movable that takes what is denied along as such', () => {
    const root = workspace.handle(denying(['**/secret']), backend);
    expect(root.rename('docs', root, 'elsewhere')).toBeUndefined();
    expect(root.open('elsewhere/secret', READ)).toBe('notcapable');
  });
});
