import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import { WorkspaceDir } from './dir.ts';
import { names, Scene } from './fixture.ts';

describe('openAmbient', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
    mkdirSync(join(scene.base, 'data/store'), { recursive: true });
    mkdirSync(join(scene.base, 'home/project'), { recursive: true });
    symlinkSync(join(scene.base, 'data'), scene.path('link-to-data'));
    symlinkSync('data', join(scene.base, 'data2'));
  });
  afterEach(() => scene[Symbol.dispose]());

  const code = (path: string, options: { dataDir?: string; allowBroad?: boolean; homeDir?: string }): string => {
    try {
      WorkspaceDir.openAmbient(path, options).close();
      return 'opened';
    } catch (error) {
      if (error instanceof HostError) return error.code;
      throw error;
    }
  };

  it.for([
    ['a directory beside it', 'work', 'data', 'opened'],
    ['the data directory', 'data', 'data', 'workspace-refused'],
    ['the data directory by another name', 'data2', 'data', 'workspace-refused'],
    ['the data directory through a symlink', 'work/link-to-data', 'data', 'workspace-refused'],
    ['what lies in it', 'data/store', 'data', 'workspace-refused'],
    ['what lies in it by another name', 'data2/store', 'data', 'workspace-refused'],
    ['what holds it', '.', 'data', 'workspace-refused'],
    ['what holds it by another name', '.', 'data2/store', 'workspace-refused'],
    ['what will hold it', '.', 'not/yet', 'workspace-refused'],
    ['what its parent will be', 'work', 'work/data', 'workspace-refused'],
    ['a directory beside a missing one', 'work', 'not/yet', 'opened'],
    ['what is missing', 'no', 'data', 'not-found'],
    ['a file', 'outside/secret.txt', 'data', 'not-found'],
  ] as const)('%s', ([, path, dataDir, outcome]) => {
    expect(code(join(scene.base, path), { dataDir: join(scene.base, dataDir) })).toBe(outcome);
  });

  it.for(['/proc', '/proc/self', '/proc/self/task', '/sys'])('refuses %s, flag or not', (path) => {
    expect(code(path, { allowBroad: true })).toBe('workspace-refused');
  });

  it('has no descriptor once it is closed', () => {
    const workspace = WorkspaceDir.openAmbient(scene.path('.'));
    workspace.close();
    workspace.close();
    expect(() => workspace.fd).toThrow(TypeError);
    expect(() => workspace.handle('read-only')).toThrow(TypeError);
  });

  it('refuses the root and the home directory without a flag', () => {
    const homeDir = join(scene.base, 'home');
    expect(code('/', {})).toBe('workspace-refused');
    expect(code(homedir(), {})).toBe('workspace-refused');
    expect(code(homeDir, { homeDir })).toBe('workspace-refused');
    expect(code(scene.base, { homeDir })).toBe('workspace-refused');
    expect(code(join(homeDir, 'project'), { homeDir })).toBe('opened');
    expect(code('/', { allowBroad: true })).toBe('opened');
    expect(code(homeDir, { homeDir, allowBroad: true })).toBe('opened');
    expect(code('/', { allowBroad: true, dataDir: join(scene.base, 'data') })).toBe('workspace-refused');
  });

  it('gives handles that end with it', () => {
    writeFileSync(scene.path('f'), '');
    const workspace = WorkspaceDir.openAmbient(scene.work);
    const first = workspace.handle('read-only');
    expect(names(first)).toEqual(['f', 'link-to-data']);
    first.close();
    expect(names(first)).toBe('badf');
    expect(names(workspace.handle('read-only'))).toEqual(['f', 'link-to-data']);
    workspace.close();
    workspace.close();
  });
});
