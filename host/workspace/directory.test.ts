import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkspaceDir } from './dir.ts';
import {
  bothBackends,
  CREATE,
  dirAt,
  fileAt,
  grants,
  names,
  putText,
  READ,
  REPLACE,
  Scene,
  textOf,
  WRITE,
} from './fixture.ts';
import type { Access } from './access.ts';
import type { DirHandle } from './layer.ts';
import { writeWholeFile } from './whole-file.ts';

describe.for(bothBackends().map((backend) => [backend.name, backend] as const))('%s', ([, backend]) => {
  let scene: Scene;
  let workspace: WorkspaceDir;
  beforeEach(() => {
    scene = new Scene();
    workspace = WorkspaceDir.openAmbient(scene.work);
  });
  afterEach(() => {
    workspace.close();
    scene[Symbol.dispose]();
  });
  const as = (access: Access): DirHandle => workspace.handle(access, backend);

  describe('files', () => {
    it('reads, writes, grows, shrinks and stamps', () => {
      scene.put('a/f', 'hello');
      const file = fileAt(as('read-write'), 'a/f', { ...READ, write: true });
      const bytes = new Uint8Array(8);
      expect(file.read(bytes, 1n)).toBe(4);
      expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe('ello');
      expect(file.read(bytes, 5n)).toBe(0);
      expect(file.write(Buffer.from('XY'), 7n)).toBe(2);
      expect(file.resize(8n)).toBeUndefined();
      expect(readFileSync(scene.path('a/f'), 'latin1')).toBe('hello\0\0X');
      expect(file.setTimes(1_500_000_000n, -1_500_000_000n)).toBeUndefined();
      expect(file.stat()).toMatchObject({ kind: 'file', size: 8n, atimNs: 1_500_000_000n, mtimNs: -1_500_000_000n });
      expect(file.setTimes(undefined, 2_000_000_000n)).toBeUndefined();
      expect(file.stat()).toMatchObject({ atimNs: 1_500_000_000n, mtimNs: 2_000_000_000n });
      expect(file.setTimes('now', undefined)).toBeUndefined();
      expect(file.sync()).toBeUndefined();
      expect(file.resize(-1n)).toBe('inval');
      expect(file.read(bytes, -1n)).toBe('inval');
      expect(file.write(bytes, 1n << 63n)).toBe('fbig');
      file.close();
      file.close();
      expect([file.read(bytes, 0n), file.write(bytes, 0n), file.stat(), file.resize(0n), file.sync()]).toEqual(
        Array.from({ length: 5 }, () => 'badf'),
      );
    });

    it('keeps to how it was opened', () => {
      scene.put('f', 'x');
      const dir = as('read-write');
      const reader = fileAt(dir, 'f');
      expect([reader.write(new Uint8Array(1), 0n), reader.resize(0n)]).toEqual(['badf', 'badf']);
      reader.close();
      const writer = fileAt(dir, 'f', WRITE);
      expect(writer.read(new Uint8Array(1), 0n)).toBe('badf');
      writer.close();
    });

    it.for([
      ['create', 'new', CREATE, undefined],
      ['create what is there', 'f', CREATE, undefined],
      ['create exclusively what is there', 'f', { ...CREATE, exclusive: true }, 'exist'],
      ['create exclusively at a symlink', 'dangling', { ...CREATE, exclusive: true }, 'exist'],
      ['create through a dangling symlink', 'dangling', CREATE, undefined],
      ['create with a trailing slash', 'new/', CREATE, 'isdir'],
      ['create beneath a file', 'f/new', CREATE, 'notdir'],
      ['create beneath nothing', 'no/new', CREATE, 'noent'],
      ['write a directory', 'd', WRITE, 'isdir'],
      ['write a directory with a slash', 'd/', WRITE, 'isdir'],
      ['a directory that is a file', 'f', { ...WRITE, directory: true }, 'notdir'],
      ['create a directory by open', 'x', { ...CREATE, directory: true }, 'inval'],
      ['a file with a trailing slash', 'f/', WRITE, 'notdir'],
      ['a symlink not followed', 'link', { ...WRITE, followLast: false }, 'loop'],
      ['a symlink', 'link', WRITE, undefined],
      ['a symlink to a symlink', 'link2', WRITE, undefined],
      ['a symlink to itself', 'self', WRITE, 'loop'],
      ['a file through itself', 'd/../f', WRITE, undefined],
      ['.. behind a file', 'f/../f', WRITE, 'notdir'],
      ['.. behind nothing', 'no/../f', WRITE, 'noent'],
      ['.. through a symlink to a directory', 'd/up/f', WRITE, undefined],
    ] as const)('open: %s', ([, path, how, outcome]) => {
      scene.put('f', 'x');
      mkdirSync(scene.path('d'));
      symlinkSync('f', scene.path('link'));
      symlinkSync('./d/../link', scene.path('link2'));
      symlinkSync('..', scene.path('d/up'));
      symlinkSync('self', scene.path('self'));
      symlinkSync('made', scene.path('dangling'));
      expect(putText(as('read-write'), path, 'new', how)).toBe(outcome);
      expect(putText(as(grants(['**'], ['**'])), path, 'new', how)).toBe(
        // The one that the first round has made is there by now.
        outcome,
      );
    });

    it('follows at most 40 symlinks', () => {
      scene.put('l0', 'end');
      for (let n = 1; n <= 41; n += 1) symlinkSync(`l${n - 1}`, scene.path(`l${n}`));
      expect(textOf(as('read-only'), 'l40')).toEqual({ text: 'end' });
      expect(textOf(as('read-only'), 'l41')).toBe('loop');
    });

    it('replaces a file as a whole', () => {
      scene.put('d/f', 'old');
      const dir = as('read-write');
      expect(writeWholeFile(dir, 'd/f', Buffer.from('new'))).toBeUndefined();
      expect(writeWholeFile(dir, 'g', Buffer.alloc(100_000, 1))).toBeUndefined();
      expect(readFileSync(scene.path('d/f'), 'utf8')).toBe('new');
      expect(statSync(scene.path('g')).size).toBe(100_000);
      mkdirSync(scene.path('e'));
      expect(writeWholeFile(dir, 'e', Buffer.from('new'))).toBe('isdir');
      expect(writeWholeFile(dir, '../e', Buffer.from('new'))).toBe('notcapable');
      expect(readdirSync(scene.work).toSorted()).toEqual(['d', 'e', 'g']);
    });
  });

  describe('ways out', () => {
    beforeEach(() => {
      mkdirSync(scene.path('d/e'), { recursive: true });
      symlinkSync('../outside', scene.path('up'));
      symlinkSync(scene.outside, scene.path('abs'));
      symlinkSync('../outside/secret.txt', scene.path('file'));
      symlinkSync('../../../outside', scene.path('d/e/far'));
      symlinkSync('../up', scene.path('d/chain'));
      symlinkSync('/proc/self/cwd', scene.path('proc'));
      symlinkSync('/proc/self/fd', scene.path('fds'));
      symlinkSync('d/e/../../..', scene.path('twisted'));
    });

    it.for([
      'up/secret.txt',
      'abs/secret.txt',
      'file',
      'd/e/far/secret.txt',
      'd/chain/secret.txt',
      'd/../up/secret.txt',
      'twisted/outside/secret.txt',
      'proc/package.json',
      'fds/0',
      '../outside/secret.txt',
      'd/../../outside/secret.txt',
      '/etc/passwd',
    ])('%s', (path) => {
      const before = scene.outsideState();
      const dir = as('read-write');
      expect({
        read: textOf(dir, path),
        write: putText(dir, path, 'mine'),
        follow: dir.statAt(path, true),
        stamp: dir.setTimesAt(path, true, 0n, 0n),
        link: dir.link(path, true, dir, 'copy'),
      }).toEqual({
        read: 'notcapable',
        write: 'notcapable',
        follow: 'notcapable',
        stamp: 'notcapable',
        link: 'notcapable',
      });
      const beneath = `${path.split('/').slice(0, -1).join('/') || path}/made`;
      expect({
        create: putText(dir, beneath, 'mine', CREATE),
        mkdir: dir.mkdir(beneath),
        symlink: dir.symlink('x', beneath),
        rename: dir.rename('d', dir, beneath),
        linkTo: dir.link('d/e/far', false, dir, beneath),
        rmdir: dir.rmdir(beneath),
        unlink: dir.unlink(beneath),
        open: dir.open(beneath, { ...READ, directory: true }),
      }).toEqual(
        Object.fromEntries(
          ['create', 'mkdir', 'symlink', 'rename', 'linkTo', 'rmdir', 'unlink', 'open'].map((key) => [
            key,
            'notcapable',
          ]),
        ),
      );
      expect(scene.outsideState()).toBe(before);
      expect(existsSync(scene.path('d/e'))).toBe(true);
    });

    it('from a directory inside, what is beside it', () => {
      scene.put('f', 'x');
      symlinkSync('../f', scene.path('d/beside'));
      const dir = as('read-write');
      expect(textOf(dir, 'd/beside')).toEqual({ text: 'x' });
      const inner = dirAt(dir, 'd');
      expect(textOf(inner, 'beside')).toBe('notcapable');
      expect(textOf(inner, '../f')).toBe('notcapable');
      inner.close();
      expect(textOf(inner, 'beside')).toBe('badf');
    });

    it.for([
      ['/etc/passwd', 'l', 'notcapable'],
      ['..', 'l', 'notcapable'],
      ['../outside', 'l', 'notcapable'],
      ['d/../../outside', 'l', 'notcapable'],
      // Through a symlink, `..` behind a name may climb further than it looks.
      ['d/e/../f', 'l', 'notcapable'],
      ['../..', 'd/l', 'notcapable'],
      ['', 'l', 'noent'],
      ['a\0b', 'l', 'inval'],
      ['\ud800', 'l', 'ilseq'],
      ['x'.repeat(256), 'l', 'nametoolong'],
      ['x/'.repeat(2100), 'l', 'nametoolong'],
      ['x', 'd', 'exist'],
      ['x', '.', 'exist'],
      ['x', 'no/', 'noent'],
      ['x', 'd/', 'exist'],
      ['../f', 'd/l', undefined],
      ['./d//e/', 'l', undefined],
      ['no such file', 'l', undefined],
    ] as const)('symlink of a guest, case %#', ([target, path, outcome]) => {
      expect(as('read-write').symlink(target, path)).toBe(outcome);
      if (outcome === undefined) expect(readlinkSync(scene.path(path))).toBe(target);
    });

    it('a symlink does not climb by being moved or linked', () => {
      const dir = as('read-write');
      expect(dir.symlink('../x', 'd/l')).toBeUndefined();
      expect(dir.rename('d/l', dir, 'l')).toBe('notcapable');
      expect(dir.link('d/l', false, dir, 'l')).toBe('notcapable');
      expect(dir.rename('d/l', dir, 'd/e/l')).toBeUndefined();
      expect(dir.link('d/e/l', false, dir, 'd/l')).toBeUndefined();
      expect(lstatSync(scene.path('d/l')).isSymbolicLink()).toBe(true);
    });

    it('nor does one in a directory that is moved', () => {
      const dir = as('read-write');
      expect(dir.symlink('../../x', 'd/e/l')).toBeUndefined();
      expect(dir.unlink('d/e/far')).toBeUndefined();
      expect(dir.rename('d/e', dir, 'e')).toBe('notcapable');
      const inner = dirAt(dir, 'd');
      expect(inner.rename('e', dir, 'e')).toBe('notcapable');
      inner.close();
      expect(dir.unlink('d/e/l')).toBeUndefined();
      expect(dir.symlink('../x', 'd/e/l')).toBeUndefined();
      expect(dir.rename('d/e', dir, 'e')).toBeUndefined();
      expect(dir.rename('e', dir, 'd/e')).toBeUndefined();
    });

    it('does not tell absolute targets', () => {
      expect(as('read-only').readlink('abs')).toBe('notcapable');
      expect(as('read-only').readlink('up')).toEqual({ target: '../outside' });
      expect(as('read-only').readlink('d')).toBe('inval');
      expect(as('read-only').readlink('no')).toBe('noent');
    });
  });

  describe('what is no plain file', () => {
    it('refuses FIFO, device and socket without waiting', async () => {
      execFileSync('mkfifo', [scene.path('fifo')]);
      let device = true;
      try {
        execFileSync('mknod', [scene.path('null'), 'c', '1', '3'], { stdio: 'ignore' });
      } catch {
        device = false;
      }
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(scene.path('socket'), resolve));
      const dir = as('read-write');
      for (const how of [READ, WRITE, { ...READ, write: true }, CREATE, REPLACE]) {
        expect(['notsup', 'nxio']).toContain(dir.open('fifo', how));
        expect(dir.open('socket', how)).toBe('nxio');
        if (device) expect(dir.open('null', how)).toBe('notsup');
        expect(dir.open('fifo', { ...how, create: false, directory: true })).toBe('notdir');
      }
      expect(dir.statAt('fifo', true)).toMatchObject({ kind: 'other' });
      expect(dir.link('fifo', false, dir, 'fifo2')).toBe('notsup');
      expect(dir.unlink('fifo')).toBeUndefined();
      server.close();
    });

    it('reads a file with a second name, and does not change it', () => {
      linkSync(join(scene.outside, 'secret.txt'), scene.path('hard'));
      const before = scene.outsideState();
      const dir = as('read-write');
      expect(textOf(dir, 'hard')).toEqual({ text: 'the secret' });
      for (const how of [WRITE, CREATE, REPLACE, { ...READ, truncate: true }])
        expect(dir.open('hard', how)).toBe('perm');
      const file = fileAt(dir, 'hard');
      expect(file.setTimes(0n, 0n)).toBe('perm');
      file.close();
      expect(dir.setTimesAt('hard', true, 0n, 0n)).toBe('perm');
      expect(scene.outsideState()).toBe(before);
      expect(writeWholeFile(dir, 'hard', Buffer.from('mine'))).toBeUndefined();
      expect(readFileSync(join(scene.outside, 'secret.txt'), 'utf8')).toBe('the secret');
    });
  });

  describe('grants', () => {
    beforeEach(() => {
      for (const path of ['src/a.txt', 'src/deep/b.txt', 'src/.env', 'secret/s.txt', 'out/o.txt', 'top.txt'])
        scene.put(path);
    });

    it.for([
      ['src/a.txt', true],
      ['src/deep/b.txt', true],
      ['src/.env', false],
      ['secret/s.txt', false],
      ['out/o.txt', false],
      ['top.txt', false],
      ['no.txt', false],
      ['secret/no.txt', false],
      ['src/../secret/s.txt', false],
      ['secret/../src/a.txt', false],
      ['no/../src/a.txt', false],
    ] as const)('reads src/** at %s: %s', ([path, granted]) => {
      const dir = as(grants(['src/**'], ['out/*.txt']));
      expect(textOf(dir, path)).toEqual(granted ? { text: path } : 'notcapable');
      expect(typeof dir.statAt(path, true) === 'string').toBe(!granted && path !== 'out/o.txt');
      if (path !== 'out/o.txt') expect(putText(dir, path, 'mine')).toBe('notcapable');
    });

    it('are checked where a symlink leads', () => {
      symlinkSync('../secret/s.txt', scene.path('src/file'));
      symlinkSync('../secret', scene.path('src/dir'));
      symlinkSync('a.txt', scene.path('src/good'));
      symlinkSync('src', scene.path('alias'));
      symlinkSync('secret', scene.path('bad'));
      const dir = as(grants(['src/**'], ['src/**']));
      for (const path of ['src/file', 'src/dir/s.txt', 'src/dir/no.txt', 'src/dir/../src/a.txt', 'bad/s.txt']) {
        expect(textOf(dir, path)).toBe('notcapable');
        expect(putText(dir, path, 'mine')).toBe('notcapable');
        expect(dir.statAt(path, true)).toBe('notcapable');
      }
      expect(dir.open('src/dir', READ)).toBe('notcapable');
      expect(dir.mkdir('src/dir/x')).toBe('notcapable');
      expect(dir.unlink('src/dir/s.txt')).toBe('notcapable');
      expect(dir.rename('src/a.txt', dir, 'src/dir/a.txt')).toBe('notcapable');
      expect(dir.rename('src/dir/s.txt', dir, 'src/s.txt')).toBe('notcapable');
      expect(dir.link('src/file', true, dir, 'src/s.txt')).toBe('notcapable');
      expect(textOf(dir, 'src/good')).toEqual({ text: 'src/a.txt' });
      // A name that is not granted may lead to one that is.
      expect(textOf(dir, 'alias/a.txt')).toEqual({ text: 'src/a.txt' });
      expect(readFileSync(scene.path('secret/s.txt'), 'utf8')).toBe('secret/s.txt');
    });

    it('hold in directories opened from the workspace, wherever they are now', () => {
      const dir = as(grants(['src/**'], ['out/**']));
      const src = dirAt(dir, 'src');
      expect(textOf(src, 'deep/b.txt')).toEqual({ text: 'src/deep/b.txt' });
      expect(textOf(src, '.env')).toBe('notcapable');
      expect(putText(src, 'a.txt', 'mine')).toBe('notcapable');
      expect(names(src)).toEqual(['a.txt', 'deep']);
      renameSync(scene.path('src'), scene.path('secret/src'));
      expect(textOf(src, 'deep/b.txt')).toBe('notcapable');
      expect(names(src)).toEqual([]);
      renameSync(scene.path('secret/src'), join(scene.outside, 'src'));
      expect([textOf(src, 'deep/b.txt'), names(src)]).toEqual(['notcapable', 'notcapable']);
      src.close();
    });

    it('let a listing show only what leads to them', () => {
      symlinkSync('a.txt', scene.path('src/link'));
      expect(names(as(grants(['src/**'])))).toEqual(['src']);
      expect(names(as(grants(['*.txt'], ['out/*'])))).toEqual(['out', 'top.txt']);
      expect(names(dirAt(as(grants(['*/deep/*'])), 'src'))).toEqual(['deep']);
      expect(names(dirAt(as(grants(['src/**'])), 'src'))).toEqual(['a.txt', 'deep', 'link']);
      expect(names(as(grants([])))).toEqual([]);
      expect(names(as(grants(['secret'])))).toEqual(['secret']);
      expect(names(dirAt(as(grants(['secret'])), 'secret'))).toEqual([]);
      expect(as(grants(['src/**'])).open('secret', READ)).toBe('notcapable');
      expect(as(grants(['top.txt/**'])).statAt('top.txt', true)).toBe('notcapable');
      expect(as(grants(['top.txt/**'])).open('top.txt', READ)).toBe('notcapable');
    });

    it('decide before a file is made or emptied', () => {
      const dir = as(grants(['**'], ['out/**']));
      expect(putText(dir, 'src/a.txt', 'mine', REPLACE)).toBe('notcapable');
      expect(dir.open('src/a.txt', { ...READ, truncate: true })).toBe('notcapable');
      expect(dir.open('src/new', { ...READ, create: true })).toBe('notcapable');
      symlinkSync('../src/new', scene.path('out/link'));
      symlinkSync('../src/a.txt', scene.path('out/link2'));
      expect(putText(dir, 'out/link', 'mine', CREATE)).toBe('notcapable');
      expect(putText(dir, 'out/link2', 'mine', REPLACE)).toBe('notcapable');
      expect(existsSync(scene.path('src/new'))).toBe(false);
      expect(readFileSync(scene.path('src/a.txt'), 'utf8')).toBe('src/a.txt');
      expect(putText(dir, 'out/new', 'mine', CREATE)).toBeUndefined();
      expect(putText(as('read-only'), 'out/new', 'mine')).toBe('notcapable');
    });

    it('are needed for every change and every look', () => {
      symlinkSync('s.txt', scene.path('secret/link'));
      symlinkSync('secret/s.txt', scene.path('link'));
      const dir = as(grants(['src/**'], ['out/**']));
      expect({
        symlink: dir.symlink('a.txt', 'src/l'),
        readlink: dir.readlink('link'),
        readlinkBeneath: dir.readlink('secret/link'),
        setTimesAt: dir.setTimesAt('src/a.txt', true, 0n, 0n),
        setOwnTimes: dir.setTimesAt('.', true, 0n, 0n),
        unlink: dir.unlink('secret/link'),
        rmdir: dir.rmdir('src/deep'),
        rename: dir.rename('no', dir, 'out/no'),
        link: dir.link('no', false, dir, 'out/no'),
      }).toEqual({
        symlink: 'notcapable',
        readlink: 'notcapable',
        readlinkBeneath: 'notcapable',
        setTimesAt: 'notcapable',
        setOwnTimes: 'notcapable',
        unlink: 'notcapable',
        rmdir: 'notcapable',
        rename: 'notcapable',
        link: 'notcapable',
      });
      const file = fileAt(dir, 'src/a.txt');
      expect(file.setTimes(0n, 0n)).toBe('perm');
      file.close();
      expect(dir.symlink('o.txt', 'out/l')).toBeUndefined();
      expect(dir.setTimesAt('out/o.txt', true, 0n, 0n)).toBeUndefined();
    });

    it('are needed at both ends of rename and link', () => {
      const dir = as(grants(['**'], ['out/**']));
      for (const move of [dir.rename.bind(dir), (a: string, to: DirHandle, b: string) => dir.link(a, false, to, b)]) {
        expect(move('out/o.txt', dir, 'src/o.txt')).toBe('notcapable');
        expect(move('src/a.txt', dir, 'out/a.txt')).toBe('notcapable');
      }
      expect(dir.link('out/o.txt', false, dir, 'out/p.txt')).toBeUndefined();
      expect(dir.rename('out/p.txt', dir, 'out/q.txt')).toBeUndefined();
    });

    it('do not grow by moving', () => {
      scene.put('drop/d.txt');
      scene.put('out/sub/x.txt');
      scene.put('out/sub/.env');
      // `drop` may be written and not read, `out` both.
      const dir = as(grants(['out/**', 'all/**', 'all/**/.env'], ['out/**', 'drop/**', 'all/**', 'flat/*']));
      expect(dir.rename('drop/d.txt', dir, 'out/d.txt')).toBe('notcapable');
      expect(dir.link('drop/d.txt', false, dir, 'out/d.txt')).toBe('notcapable');
      expect(dir.mkdir('all')).toBeUndefined();
      // The hidden file in it would become readable.
      expect(dir.rename('out/sub', dir, 'all/sub')).toBe('notcapable');
      expect(dir.rename('out/sub', dir, 'out/sub2')).toBeUndefined();
      expect(dir.rename('out/sub2', dir, 'drop/sub')).toBeUndefined();
      scene.put('flat/dir/not-granted');
      expect(dir.rename('flat/dir', dir, 'flat/dir2')).toBe('notcapable');
    });

    it('let directories be made on the way to what may be written', () => {
      const dir = as(grants(['src/**'], ['build/out/*.txt']));
      expect(dir.mkdir('build')).toBeUndefined();
      expect(dir.mkdir('build')).toBe('exist');
      expect(dir.mkdir('build/out')).toBeUndefined();
      expect(putText(dir, 'build/out/a.txt', 'x', CREATE)).toBeUndefined();
      expect(dir.mkdir('build/other')).toBe('notcapable');
      expect(dir.mkdir('src')).toBe('exist');
      expect(dir.mkdir('src/new')).toBe('notcapable');
      expect(dir.rmdir('build/out')).toBe('notcapable');
      expect(dir.unlink('src/a.txt')).toBe('notcapable');
    });
  });

  describe('names', () => {
    it('lists in the order of bytes', () => {
      const odd = ['a', 'Z', 'é', '😀', '\uffee', '_', '10', '9', 'long'.repeat(60)];
      for (const name of odd) scene.put(name);
      const sorted = odd.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(names(as('read-only'))).toEqual(sorted);
      for (const name of odd) expect(textOf(as('read-only'), name)).toEqual({ text: name });
    });

    it('leaves out names that are no UTF-8', () => {
      writeFileSync(Buffer.concat([Buffer.from(`${scene.work}/`), Buffer.from([0xff, 0x61])]), 'x');
      scene.put('b');
      expect(names(as('read-only'))).toEqual(['b']);
      symlinkSync(Buffer.from([0xff]), scene.path('odd'));
      expect(as('read-only').statAt('odd', true)).toBe('ilseq');
    });

    it('tells kinds and inodes', () => {
      scene.put('f');
      mkdirSync(scene.path('d'));
      symlinkSync('f', scene.path('l'));
      const ino = (name: string): bigint => lstatSync(scene.path(name), { bigint: true }).ino;
      expect(as('read-only').list()).toEqual([
        { name: 'd', kind: 'directory', ino: ino('d') },
        { name: 'f', kind: 'file', ino: ino('f') },
        { name: 'l', kind: 'symlink', ino: ino('l') },
      ]);
    });

    it('lists thousands, and again', () => {
      mkdirSync(scene.path('many'));
      for (let n = 0; n < 3000; n += 1) writeFileSync(scene.path(`many/${n}-${'x'.repeat(60)}`), '');
      const many = dirAt(as('read-only'), 'many');
      expect(names(many)).toHaveLength(3000);
      expect(new Set(names(many))).toHaveProperty('size', 3000);
      many.close();
      expect(many.list()).toBe('badf');
    });
  });

  describe('directories', () => {
    it.for([
      ['mkdir', 'd', 'exist'],
      ['mkdir', 'new/', undefined],
      ['mkdir', 'f', 'exist'],
      ['mkdir', '.', 'exist'],
      ['mkdir', 'no/new', 'noent'],
      ['mkdir', 'f/new', 'notdir'],
      ['rmdir', 'd', 'notempty'],
      ['rmdir', 'empty/', undefined],
      ['rmdir', 'f', 'notdir'],
      ['rmdir', '.', 'inval'],
      ['rmdir', 'no', 'noent'],
      ['rmdir', 'link', 'notdir'],
      ['unlink', 'd', 'isdir'],
      ['unlink', 'd/', 'isdir'],
      ['unlink', 'f/', 'notdir'],
      ['unlink', 'f', undefined],
      ['unlink', 'link', undefined],
      ['unlink', '.', 'isdir'],
    ] as const)('%s %s: %s', ([operation, path, outcome]) => {
      scene.put('f');
      scene.put('d/f');
      mkdirSync(scene.path('empty'));
      symlinkSync('d', scene.path('link'));
      expect(as('read-write')[operation](path)).toBe(outcome);
      expect(readdirSync(scene.path('d'))).toEqual(['f']);
    });

    it.for([
      ['f', 'g', undefined],
      ['f', 'd/f', undefined],
      ['f', 'd', 'isdir'],
      ['f', 'g/', 'notdir'],
      ['f/', 'g', 'notdir'],
      ['d', 'g/', undefined],
      ['d', 'empty', undefined],
      ['empty', 'd', 'notempty'],
      ['d', 'd/inside', 'inval'],
      ['d', '.', 'busy'],
      ['.', 'x', 'busy'],
      ['no', 'x', 'noent'],
      ['f', 'no/x', 'noent'],
    ] as const)('rename %s to %s: %s', ([from, to, outcome]) => {
      scene.put('f');
      scene.put('d/f');
      mkdirSync(scene.path('empty'));
      const dir = as('read-write');
      expect(dir.rename(from, dir, to)).toBe(outcome);
    });

    it('are synced, stamped, stated and renamed between', () => {
      scene.put('d/f');
      mkdirSync(scene.path('e'));
      const dir = as('read-write');
      const [d, e] = [dirAt(dir, 'd'), dirAt(dir, 'e')];
      expect(d.rename('f', e, 'g')).toBeUndefined();
      expect(e.link('g', false, d, 'h')).toBeUndefined();
      expect(names(d)).toEqual(['h']);
      expect(d.sync()).toBeUndefined();
      expect(dir.setTimesAt('d', true, 1_000_000_000n, 2_000_000_000n)).toBeUndefined();
      expect(d.stat()).toMatchObject({ kind: 'directory', mtimNs: 2_000_000_000n });
      expect(dir.statAt('d/', false)).toMatchObject({ kind: 'directory', mtimNs: 2_000_000_000n });
      expect(dir.statAt('d/../d/h', false)).toMatchObject({ kind: 'file', nlink: 2n });
      expect(d.rename('h', workspace.handle('read-write', backend), 'x')).toBe('xdev');
      d.close();
      e.close();
    });

    it('that are removed stay harmless', () => {
      mkdirSync(scene.path('gone'));
      const gone = dirAt(as(grants(['**'], ['**'])), 'gone');
      rmdirSync(scene.path('gone'));
      expect(typeof gone.open('x', CREATE)).toBe('string');
      expect(typeof gone.mkdir('x')).toBe('string');
      gone.close();
    });
  });

  it('has no files of the kernel, even where the whole system is the workspace', () => {
    using whole = WorkspaceDir.openAmbient('/', { allowBroad: true });
    const dir = whole.handle('read-write', backend);
    for (const path of [`proc/${process.pid}/environ`, `proc/${process.pid}/mem`, 'proc/self/maps', 'proc/meminfo'])
      expect([path, dir.open(path, READ)]).toEqual([path, 'notsup']);
    expect(dir.open(`proc/${process.pid}/mem`, WRITE)).toBe('notsup');
    scene.put('seen');
    expect(textOf(dir, scene.path('seen').slice(1))).toEqual({ text: 'seen' });
  });

  it('closes what it opens', () => {
    scene.put('a/b/f');
    symlinkSync('b', scene.path('a/link'));
    symlinkSync('../../outside', scene.path('a/out'));
    chmodSync(scene.path('a/b/f'), 0o600);
    utimesSync(scene.path('a/b/f'), 1, 1);
    const dir = as(grants(['a/**'], ['a/b/*']));
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    const round = (): void => {
      for (const path of ['a/b/f', 'a/link/f', 'a/out/x', 'a/link/../b/f', 'no', 'a/b/f/x', 'a/link']) {
        textOf(dir, path);
        putText(dir, path, 'x');
        dir.statAt(path, true);
        dir.readlink(path);
        dir.mkdir(`${path}/d`);
        dir.rmdir(`${path}/d`);
        dir.rename(path, dir, 'a/b/f');
        dir.list();
        dir.sync();
      }
    };
    round();
    const before = descriptors();
    for (let n = 0; n < 20; n += 1) round();
    expect(descriptors()).toBe(before);
  });
});
