import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { WorkspaceDir } from './dir.ts';
import { Scene } from './fixture.ts';

const HOST = fileURLToPath(new URL('..', import.meta.url));

// What a runner does: no path of the workspace, only the descriptor that it inherited.
const PROGRAM = `
import { activeBackend } from ${JSON.stringify(join(HOST, 'workspace/active.ts'))};
import { dirFromFd } from ${JSON.stringify(join(HOST, 'workspace/dir.ts'))};
import { parseGlob } from ${JSON.stringify(join(HOST, 'policy/glob.ts'))};
const how = { read: true, write: false, create: false, exclusive: false, truncate: false, directory: false, followLast: true };
const dir = dirFromFd(3, { read: [parseGlob('**')], write: [parseGlob('out/**')] });
const shown = (opened) => (typeof opened === 'string' ? opened : opened.kind);
const out = { backend: activeBackend().name };
out.list = dir.list().map((entry) => entry.name + ' ' + entry.kind);
const file = dir.open('link', how);
const bytes = new Uint8Array(100);
out.text = Buffer.from(bytes.subarray(0, file.read(bytes, 0n))).toString();
out.size = String(dir.statAt('a/f', true).size);
out.escape = ['up/secret.txt', 'abs', '../outside/secret.txt', '/etc/passwd'].map((path) => shown(dir.open(path, how)));
out.denied = shown(dir.open('a/new', { ...how, write: true, create: true }));
out.mkdir = dir.mkdir('out/d') ?? 'ok';
const made = dir.open('out/d/new', { ...how, write: true, create: true });
out.write = made.write(Buffer.from('made'), 0n);
out.resize = made.resize(3n) ?? 'ok';
out.times = made.setTimes(0n, 2000000000n) ?? 'ok';
out.timesAt = dir.setTimesAt('out/d/new', true, 0n, 1000000000n) ?? 'ok';
out.fileSync = made.sync() ?? 'ok';
out.link = dir.link('out/d/new', true, dir, 'out/second') ?? 'ok';
out.rename = dir.rename('out/second', dir, 'out/third') ?? 'ok';
out.readlink = dir.readlink('link').target;
out.unlink = dir.unlink('out/third') ?? 'ok';
out.symlink = dir.symlink('d/new', 'out/l') ?? 'ok';
out.sync = dir.sync() ?? 'ok';
console.log(JSON.stringify(out));
`;

describe('a child with an inherited descriptor', () => {
  it.for([
    ['walk', ['--allow-fs-read=/proc/self/fd/', '--allow-fs-write=/proc/self/fd/'], 'notsup'],
    ['openat2', ['--allow-ffi'], 'ok'],
  ] as const)('uses the %s under the permission model', ([backend, flags, beyond]) => {
    using scene = new Scene();
    scene.put('a/f', 'hello');
    scene.put('out/x');
    symlinkSync('a/f', scene.path('link'));
    symlinkSync('../outside', scene.path('up'));
    symlinkSync('/etc/passwd', scene.path('abs'));
    const before = scene.outsideState();
    const program = join(scene.base, 'program.mjs');
    writeFileSync(program, PROGRAM);
    using workspace = WorkspaceDir.openAmbient(scene.work);
    const child = spawnSync(
      process.execPath,
      ['--permission', `--allow-fs-read=${HOST}`, `--allow-fs-read=${program}`, ...flags, '--no-warnings', program],
      { stdio: ['ignore', 'pipe', 'pipe', workspace.fd], encoding: 'utf8', env: {} },
    );
    expect(child.stderr).toBe('');
    expect(JSON.parse(child.stdout)).toEqual({
      backend,
      list: ['a directory', 'abs symlink', 'link symlink', 'out directory', 'up symlink'],
      text: 'hello',
      size: '5',
      escape: ['notcapable', 'notcapable', 'notcapable', 'notcapable'],
      denied: 'notcapable',
      mkdir: 'ok',
      write: 4,
      resize: 'ok',
      times: 'ok',
      timesAt: 'ok',
      fileSync: beyond,
      link: 'ok',
      rename: 'ok',
      readlink: 'a/f',
      unlink: 'ok',
      symlink: beyond,
      sync: beyond,
    });
    expect(readFileSync(scene.path('out/d/new'), 'utf8')).toBe('mad');
    expect(scene.outsideState()).toBe(before);
  });

  it('is refused with a reason on another system', () => {
    using scene = new Scene();
    const program = join(scene.base, 'program.mjs');
    writeFileSync(
      program,
      `import { syncBuiltinESMExports } from 'node:module';
      Object.defineProperty(process, 'platform', { value: 'plan9' });
      syncBuiltinESMExports();
      const { WorkspaceDir } = await import(${JSON.stringify(join(HOST, 'workspace/dir.ts'))});
      try {
        WorkspaceDir.openAmbient('.');
      } catch (error) {
        console.log(error.code + ': ' + error.message);
      }`,
    );
    const child = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    expect(child.stdout).toBe(`unsupported: Workspaces need Linux on x64 or arm64, this is plan9 ${process.arch}.\n`);
  });
});
