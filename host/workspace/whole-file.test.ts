import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WorkspaceDir } from './dir.ts';
import { bothBackends, fileAt, Scene } from './fixture.ts';
import type { DirHandle, Errno } from './layer.ts';
import { createWholeFile, writeWholeFile } from './whole-file.ts';

/** The same directory on a file system without second names. */
function withoutLinks(dir: DirHandle, answer: Errno): DirHandle {
  return {
    kind: 'directory',
    open: (path, how) => dir.open(path, how),
    stat: () => dir.stat(),
    statAt: (path, followLast) => dir.statAt(path, followLast),
    list: () => dir.list(),
    mkdir: (path) => dir.mkdir(path),
    unlink: (path) => dir.unlink(path),
    rmdir: (path) => dir.rmdir(path),
    rename: (from, _to, toPath) => dir.rename(from, dir, toPath),
    link: () => answer,
    symlink: (target, path) => dir.symlink(target, path),
    readlink: (path) => dir.readlink(path),
    setTimesAt: (path, followLast, atim, mtim) => dir.setTimesAt(path, followLast, atim, mtim),
    sync: () => dir.sync(),
    close: () => dir.close(),
  };
}

describe.for(bothBackends().map((backend) => [backend.name, backend] as const))('%s', ([, backend]) => {
  it.for([undefined, 'perm', 'notsup', 'io'] as const)(
    'creates a file and replaces none, link answering %s',
    (answer) => {
      using scene = new Scene();
      scene.put('there');
      using workspace = WorkspaceDir.openAmbient(scene.work);
      const handle = workspace.handle('read-write', backend);
      const dir = answer === undefined ? handle : withoutLinks(handle, answer);
      const isBroken = answer === 'io';
      expect(createWholeFile(dir, 'new', Buffer.from('all of it'))).toBe(isBroken ? 'io' : undefined);
      expect(createWholeFile(dir, 'there', Buffer.from('x'))).toBe(isBroken ? 'io' : 'exist');
      expect(readdirSync(scene.work)).toEqual(isBroken ? ['there'] : ['new', 'there']);
      expect(readFileSync(scene.path('there'), 'utf8')).toBe('there');
      if (!isBroken) expect(readFileSync(scene.path('new'), 'utf8')).toBe('all of it');
    },
  );

  it('takes the rights of what it replaces over, and its own if it is not told', () => {
    using scene = new Scene();
    scene.put('f');
    chmodSync(scene.path('f'), 0o2701);
    using workspace = WorkspaceDir.openAmbient(scene.work);
    const dir = workspace.handle('read-write', backend);
    const original = fileAt(dir, 'f');
    expect(writeWholeFile(dir, 'f', Buffer.from('new'), original)).toBeUndefined();
    original.close();
    expect(statSync(scene.path('f')).mode & 0o7777).toBe(0o701);
    expect(writeWholeFile(dir, 'f', Buffer.from('newer'))).toBeUndefined();
    expect(statSync(scene.path('f')).mode & 0o111).toBe(0);
    expect(original.takeRights?.(original)).toBe('badf');
  });
});
