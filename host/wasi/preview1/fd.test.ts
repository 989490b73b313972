import { expect, it } from 'vitest';
import type { DirHandle } from '../../workspace/layer.ts';
import { createBundleFs } from '../fs/bundle.ts';
import { cappedSink, memorySource } from '../stdio.ts';
import { ALL_RIGHTS, RIGHT } from './abi.ts';
import { Probe, testWorld } from './probe.ts';

const CREAT = 1;
const EXCL = 4;
const TRUNC = 8;
const OUT = 0;

function file(content = '', parts: Parameters<typeof testWorld>[0] = {}): { probe: Probe; fd: number } {
  const probe = new Probe(testWorld(parts));
  const fd = Number(probe.open('f', { oflags: CREAT }));
  if (content !== '') expect(probe.write(fd, content)).toBe('');
  expect(probe.run('fd_seek', fd, 0n, 0, OUT)).toBe('');
  return { probe, fd };
}

it.for([
  ['fd_advise', [99, 0n, 1n, 0]],
  ['fd_allocate', [99, 0n, 1n]],
  ['fd_close', [99]],
  ['fd_close', [-1]],
  ['fd_datasync', [99]],
  ['fd_fdstat_get', [99, 0]],
  ['fd_fdstat_set_flags', [99, 0]],
  ['fd_fdstat_set_rights', [99, 0n, 0n]],
  ['fd_filestat_get', [99, 0]],
  ['fd_filestat_set_size', [99, 0n]],
  ['fd_filestat_set_times', [99, 0n, 0n, 0]],
  ['fd_pread', [99, 0, 0, 0n, 0]],
  ['fd_prestat_dir_name', [99, 0, 0]],
  ['fd_prestat_dir_name', [0, 0, 0]],
  ['fd_prestat_get', [0, 0]],
  ['fd_prestat_get', [4, 0]],
  ['fd_pwrite', [99, 0, 0, 0n, 0]],
  ['fd_read', [99, 0, 0, 0]],
  ['fd_readdir', [99, 0, 0, 0n, 0]],
  ['fd_renumber', [99, 3]],
  ['fd_renumber', [3, 99]],
  ['fd_seek', [99, 0n, 0, 0]],
  ['fd_sync', [99]],
  ['fd_tell', [99, 0]],
  ['fd_write', [99, 0, 0, 0]],
  ['path_create_directory', [99, 0, 1]],
  ['path_filestat_get', [99, 0, 0, 1, 0]],
  ['path_filestat_set_times', [99, 0, 0, 1, 0n, 0n, 0]],
  ['path_link', [99, 0, 0, 1, 3, 0, 1]],
  ['path_link', [3, 0, 0, 1, 99, 0, 1]],
  ['path_open', [99, 0, 0, 1, 0, 0n, 0n, 0, 0]],
  ['path_readlink', [99, 0, 1, 0, 0, 0]],
  ['path_remove_directory', [99, 0, 1]],
  ['path_rename', [99, 0, 1, 3, 0, 1]],
  ['path_rename', [3, 0, 1, 99, 0, 1]],
  ['path_symlink', [0, 1, 99, 0, 1]],
  ['path_unlink_file', [99, 0, 1]],
  ['sock_accept', [99, 0, 0]],
  ['sock_recv', [99, 0, 0, 0, 0, 0]],
  ['sock_send', [99, 0, 0, 0, 0]],
  ['sock_shutdown', [99, 0]],
] as const)('%s%o: badf', ([name, params]) => {
  expect(new Probe().run(name, ...params)).toBe('badf');
});

it.for([
  // on a regular file (4)
  ['path_create_directory', [4, 0, 1], 'notdir'],
  ['path_filestat_get', [4, 0, 0, 1, 0], 'notdir'],
  ['path_filestat_set_times', [4, 0, 0, 1, 0n, 0n, 0], 'notdir'],
  ['path_link', [4, 0, 0, 1, 3, 0, 1], 'notdir'],
  ['path_link', [3, 0, 0, 1, 4, 0, 1], 'notdir'],
  ['path_open', [4, 0, 0, 1, 0, 0n, 0n, 0, 0], 'notdir'],
  ['path_readlink', [4, 0, 1, 0, 0, 0], 'notdir'],
  ['path_remove_directory', [4, 0, 1], 'notdir'],
  ['path_rename', [4, 0, 1, 3, 0, 1], 'notdir'],
  ['path_rename', [3, 0, 1, 4, 0, 1], 'notdir'],
  ['path_symlink', [0, 1, 4, 0, 1], 'notdir'],
  ['path_unlink_file', [4, 0, 1], 'notdir'],
  ['fd_readdir', [4, 0, 0, 0n, 0], 'notdir'],
  ['sock_accept', [4, 0, 0], 'notsock'],
  ['sock_recv', [4, 0, 0, 0, 0, 0], 'notsock'],
  ['sock_send', [4, 0, 0, 0, 0], 'notsock'],
  ['sock_shutdown', [4, 0], 'notsock'],
  // on a directory (3)
  ['fd_read', [3, 8, 1, 0], 'isdir'],
  ['fd_write', [3, 8, 1, 0], 'isdir'],
  ['fd_pread', [3, 8, 1, 0n, 0], 'isdir'],
  ['fd_pwrite', [3, 8, 1, 0n, 0], 'isdir'],
  ['fd_seek', [3, 0n, 0, 0], 'isdir'],
  ['fd_seek', [3, 0n, 1, 0], 'isdir'],
  ['fd_tell', [3, 0], 'isdir'],
  ['fd_advise', [3, 0n, 1n, 0], 'isdir'],
  ['fd_allocate', [3, 0n, 1n], 'isdir'],
  ['fd_filestat_set_size', [3, 0n], 'isdir'],
  ['fd_sync', [3], ''],
  // on stdio
  ['fd_seek', [0, 0n, 0, 0], 'spipe'],
  ['fd_tell', [1, 0], 'spipe'],
  ['fd_pread', [0, 8, 1, 0n, 0], 'spipe'],
  ['fd_pwrite', [1, 8, 1, 0n, 0], 'spipe'],
  ['fd_advise', [0, 0n, 1n, 0], 'spipe'],
  ['fd_allocate', [1, 0n, 1n], 'spipe'],
  ['fd_filestat_set_size', [1, 0n], 'spipe'],
  ['fd_filestat_set_times', [1, 0n, 0n, 0], 'notcapable'],
  ['fd_read', [1, 8, 1, 0], 'notcapable'],
  ['fd_write', [0, 8, 1, 0], 'notcapable'],
  ['fd_readdir', [0, 0, 0, 0n, 0], 'notdir'],
  ['path_open', [0, 0, 0, 1, 0, 0n, 0n, 0, 0], 'notdir'],
  ['fd_sync', [1], ''],
  ['fd_datasync', [2], ''],
  // arguments
  ['fd_advise', [4, 0n, 10n, 5], ''],
  ['fd_advise', [4, 0n, 10n, 6], 'inval'],
  ['fd_advise', [4, -1n, 10n, 0], 'inval'],
  ['fd_advise', [4, (1n << 63n) - 1n, 1n, 0], 'inval'],
  ['fd_allocate', [4, 0n, 0n], 'inval'],
  ['fd_allocate', [4, -1n, 1n], 'inval'],
  ['fd_allocate', [4, (1n << 63n) - 1n, 1n], 'fbig'],
  ['fd_allocate', [4, 0n, 1n << 40n], 'dquot'],
  ['fd_filestat_set_size', [4, -1n], 'inval'],
  ['fd_filestat_set_size', [4, 1n << 40n], 'dquot'],
  ['fd_filestat_set_times', [4, 0n, 0n, 3], 'inval'],
  ['fd_filestat_set_times', [4, 0n, 0n, 12], 'inval'],
  ['fd_filestat_set_times', [4, 0n, 0n, 16], 'inval'],
  ['fd_fdstat_set_flags', [4, 32], 'inval'],
  ['fd_fdstat_set_flags', [4, 31], ''],
  ['fd_pread', [4, 8, 1, -1n, 0], 'inval'],
  ['fd_pwrite', [4, 8, 1, -1n, 0], 'inval'],
  ['fd_pwrite', [4, 8, 1, (1n << 63n) - 1n, 0], 'fbig'],
  ['fd_pwrite', [4, 8, 1, 1n << 40n, 0], 'dquot'],
  ['fd_seek', [4, -1n, 0, 0], 'inval'],
  ['fd_seek', [4, 0n, 3, 0], 'inval'],
  ['fd_seek', [4, (1n << 63n) - 1n, 0, 0], ''],
  ['fd_seek', [4, (1n << 63n) - 1n, 2, 0], 'inval'],
  ['fd_prestat_dir_name', [3, 0, 3], 'nametoolong'],
  ['fd_prestat_dir_name', [3, 0, 4], ''],
  ['fd_prestat_dir_name', [3, 0, 5], ''],
  ['path_filestat_get', [3, 2, 100, 1, 0], 'inval'],
  ['path_filestat_set_times', [3, 2, 100, 1, 0n, 0n, 0], 'inval'],
  ['path_filestat_set_times', [3, 0, 100, 1, 0n, 0n, 3], 'inval'],
  ['path_link', [3, 2, 100, 1, 3, 101, 1], 'inval'],
  ['path_open', [3, 2, 100, 1, 0, 0n, 0n, 0, 0], 'inval'],
  ['path_open', [3, 0, 100, 1, 16, 0n, 0n, 0, 0], 'inval'],
  ['path_open', [3, 0, 100, 1, 0, 0n, 0n, 32, 0], 'inval'],
  ['path_open', [3, 0, 100, 1, 3, 0n, 0n, 0, 0], 'inval'],
] as const)('%s%o answers "%s"', ([name, params, expected]) => {
  const { probe, fd } = file('hello');
  expect(fd).toBe(4);
  probe.put(100, 'f');
  probe.iovecs(8, [4096, 4]);
  expect(probe.run(name, ...params)).toBe(expected);
});

it('reads, writes, seeks and tells', () => {
  const { probe, fd } = file('hello world');
  expect(probe.read(fd, 5)).toBe('hello');
  expect(probe.run('fd_tell', fd, OUT)).toBe('');
  expect(probe.u64(OUT)).toBe(5n);
  expect(probe.run('fd_seek', fd, -5n, 2, OUT)).toBe('');
  expect(probe.read(fd, 100)).toBe('world');
  expect(probe.read(fd, 100)).toBe('');
  expect(probe.run('fd_seek', fd, -100n, 1, OUT)).toBe('inval');
  expect(probe.run('fd_seek', fd, 3n, 1, OUT)).toBe('');
  expect(probe.write(fd, '!')).toBe('');
  expect(probe.run('fd_seek', fd, 0n, 0, OUT)).toBe('');
  expect(probe.read(fd, 100)).toBe('hello world\0\0\0!');
});

it('gathers and scatters over several iovecs, empty ones included', () => {
  const { probe, fd } = file();
  probe.put(4096, 'abcdef');
  probe.iovecs(8, [4096, 2], [0, 0], [4098, 3], [4101, 1]);
  expect(probe.run('fd_write', fd, 8, 4, OUT)).toBe('');
  expect(probe.u32(OUT)).toBe(6);
  probe.iovecs(8, [5000, 1], [6000, 0], [5100, 4], [5200, 9]);
  expect(probe.run('fd_pread', fd, 8, 4, 0n, OUT)).toBe('');
  expect([probe.u32(OUT), probe.text(5000, 1), probe.text(5100, 4), probe.text(5200, 1)]).toEqual([
    6,
    'a',
    'bcde',
    'f',
  ]);
});

it('pread and pwrite leave the offset alone', () => {
  const { probe, fd } = file('hello');
  probe.put(4096, 'J');
  probe.iovecs(8, [4096, 1]);
  expect(probe.run('fd_pwrite', fd, 8, 1, 0n, OUT)).toBe('');
  expect(probe.run('fd_pread', fd, 8, 1, 4n, OUT)).toBe('');
  expect(probe.text(4096, 1)).toBe('o');
  expect(probe.read(fd, 9)).toBe('Jello');
});

it('appends while the flag stands', () => {
  const { probe, fd } = file('one');
  expect(probe.run('fd_fdstat_set_flags', fd, 1)).toBe('');
  expect(probe.write(fd, 'two')).toBe('');
  expect(probe.run('fd_tell', fd, OUT)).toBe('');
  expect(probe.u64(OUT)).toBe(6n);
  expect(probe.run('fd_fdstat_set_flags', fd, 0)).toBe('');
  expect(probe.run('fd_seek', fd, 0n, 0, OUT)).toBe('');
  expect(probe.write(fd, 'ONE')).toBe('');
  expect(probe.read(fd, 9)).toBe('two');
});

it('allocates, resizes and stats', () => {
  const { probe, fd } = file('hello');
  const size = (): bigint => {
    expect(probe.run('fd_filestat_get', fd, 200)).toBe('');
    return probe.u64(232);
  };
  expect(probe.run('fd_allocate', fd, 0n, 100n)).toBe('');
  expect(size()).toBe(100n);
  expect(probe.run('fd_allocate', fd, 10n, 10n)).toBe('');
  expect(size()).toBe(100n);
  expect(probe.run('fd_filestat_set_size', fd, 3n)).toBe('');
  expect(probe.run('fd_filestat_set_size', fd, 6n)).toBe('');
  expect(size()).toBe(6n);
  expect(probe.read(fd, 9)).toBe('hel\0\0\0');
});

it('sets times, each, both, now, or neither', () => {
  const { probe, fd } = file();
  const times = (): bigint[] => {
    expect(probe.run('fd_filestat_get', fd, 200)).toBe('');
    return [probe.u64(240), probe.u64(248)];
  };
  expect(probe.run('fd_filestat_set_times', fd, 11n, 22n, 5)).toBe('');
  expect(times()).toEqual([11n, 22n]);
  expect(probe.run('fd_filestat_set_times', fd, 33n, 44n, 4)).toBe('');
  expect(times()).toEqual([11n, 44n]);
  expect(probe.run('fd_filestat_set_times', fd, 55n, 66n, 0)).toBe('');
  expect(times()).toEqual([11n, 44n]);
  expect(probe.run('fd_filestat_set_times', fd, 0n, 0n, 2)).toBe('');
  expect(times()[0]).toBeGreaterThan(1_000_000_000_000n);
  probe.put(100, 'f');
  expect(probe.run('path_filestat_set_times', 3, 0, 100, 1, 1n, 2n, 5)).toBe('');
  expect(times()).toEqual([1n, 2n]);
  expect(probe.run('fd_filestat_set_times', 3, 7n, 8n, 5)).toBe('');
  expect(probe.stat('.')).toMatchObject({ mtim: 8n });
});

it('opens, renumbers and closes within the limit', () => {
  const { probe } = file('hello', { maxDescriptors: 6 });
  expect(probe.open('f')).toBe(5);
  expect(probe.open('f')).toBe('mfile');
  expect(probe.open('new', { oflags: CREAT })).toBe('mfile');
  expect(probe.stat('new')).toBe('noent');
  expect(probe.run('fd_renumber', 5, 5)).toBe('');
  expect(probe.run('fd_renumber', 5, 3)).toBe('');
  expect(probe.run('fd_close', 5)).toBe('badf');
  expect(probe.read(3, 9)).toBe('hello');
  expect(probe.run('fd_prestat_get', 3, 0)).toBe('badf');
  expect(probe.run('fd_close', 4)).toBe('');
  expect(probe.run('fd_close', 4)).toBe('badf');
  expect(probe.run('fd_close', 0)).toBe('');
  expect(probe.run('fd_read', 0, 8, 1, 0)).toBe('badf');
});

it('closing a mount leaves it open for its owner', () => {
  const world = testWorld();
  const probe = new Probe(world);
  expect(probe.run('fd_close', 3)).toBe('');
  expect(probe.open('f', { oflags: CREAT })).toBe('badf');
  expect(world.tmp.list()).toEqual([]);
});

it('reads stdin, writes stdout and stderr', () => {
  const stdout = cappedSink(100, 'output');
  const stderr = cappedSink(100, 'output');
  const probe = new Probe(testWorld({ stdin: memorySource(Buffer.from('in')), stdout, stderr }));
  expect(probe.read(0, 1)).toBe('i');
  expect(probe.read(0, 9)).toBe('n');
  expect(probe.read(0, 9)).toBe('');
  expect(probe.write(1, 'out')).toBe('');
  expect(probe.write(2, 'err')).toBe('');
  expect([Buffer.from(stdout.bytes()).toString(), Buffer.from(stderr.bytes()).toString()]).toEqual(['out', 'err']);
  expect(probe.run('fd_fdstat_get', 1, 200)).toBe('');
  expect(probe.view.getUint8(200)).toBe(0);
  expect(probe.run('fd_filestat_get', 0, 200)).toBe('');
});

it('lists in cookies, through any buffer, over a snapshot', () => {
  const probe = new Probe(testWorld({ maxDescriptors: 64 }));
  for (let index = 0; index < 30; index++) probe.open(`file-${index}-é`, { oflags: CREAT });
  const dir = Number(probe.open('.', { rights: ALL_RIGHTS & ~RIGHT.fdWrite }));
  const all = probe.list(dir, 8192);
  expect(all).toHaveLength(32);
  expect(all.slice(0, 3)).toEqual(['.', '..', 'file-0-é']);
  for (const size of [40, 41, 47, 48, 64, 100, 1000]) expect(probe.list(dir, size)).toEqual(all);
  // A buffer that ends in a header and one that ends in a name are full.
  for (const size of [0, 1, 23, 24, 25, 26]) {
    expect(probe.run('fd_readdir', dir, 4096, size, 0n, 0)).toBe('');
    expect(probe.u32(0)).toBe(size);
  }
  expect(probe.run('fd_readdir', dir, 4096, 4096, 5n, 0)).toBe('');
  const [used, sixth] = [probe.u32(0), probe.bytes(4096, 100)];
  expect(probe.path('path_unlink_file', 'file-0-é')).toBe('');
  expect(probe.run('fd_readdir', dir, 4096, 4096, 5n, 0)).toBe('');
  expect([probe.u32(0), probe.bytes(4096, 100)]).toEqual([used, sixth]);
  expect(probe.list(dir)).toHaveLength(31);
  expect(probe.run('fd_readdir', dir, 4096, 4096, 1n << 60n, 0)).toBe('');
  expect(probe.u32(0)).toBe(0);
  expect(probe.run('fd_readdir', dir, 4096, 4096, -1n, 0)).toBe('');
  expect(probe.u32(0)).toBe(0);
});

it('gives inodes in the order of meeting, the same through every way', () => {
  const { probe, fd } = file('hello');
  probe.link('f', 'g');
  const first = probe.stat('f');
  expect(first).toMatchObject({ ino: 1n, nlink: 2n });
  expect(probe.stat('g')).toEqual(first);
  expect(probe.run('fd_filestat_get', fd, 200)).toBe('');
  expect([probe.u64(200), probe.u64(208)]).toEqual([1n, 1n]);
  expect(probe.stat('.')).toMatchObject({ ino: 2n });
});

it('charges what is written and grown, holes included', () => {
  const { probe, fd } = file('', { maxWrittenBytes: 100 });
  expect(probe.write(fd, 'x'.repeat(60))).toBe('');
  expect(probe.run('fd_seek', fd, 0n, 0, OUT)).toBe('');
  expect(probe.write(fd, 'y'.repeat(30))).toBe('');
  expect(probe.write(fd, 'z'.repeat(11))).toBe('dquot');
  expect(probe.run('fd_filestat_set_size', fd, 71n)).toBe('dquot');
  expect(probe.run('fd_filestat_set_size', fd, 65n)).toBe('');
  expect(probe.run('fd_seek', fd, 69n, 0, OUT)).toBe('');
  expect(probe.write(fd, 'zz')).toBe('dquot');
  expect(probe.write(fd, 'z')).toBe('');
  expect(probe.write(fd, 'z')).toBe('dquot');
  expect(probe.run('fd_allocate', fd, 0n, 71n)).toBe('dquot');
});

it('charges a hole again after the guest made the file smaller', () => {
  const { probe, fd } = file('', { maxWrittenBytes: 250 });
  expect(probe.write(fd, 'x'.repeat(100))).toBe('');
  const other = Number(probe.open('f', { oflags: TRUNC }));
  expect(probe.write(fd, 'y')).toBe('');
  expect(probe.run('fd_filestat_set_size', other, 0n)).toBe('');
  expect(probe.write(fd, 'z')).toBe('dquot');
  expect(probe.run('fd_seek', fd, 0n, 0, OUT)).toBe('');
  expect(probe.write(fd, 'z'.repeat(49))).toBe('');
  expect(probe.write(fd, 'z')).toBe('dquot');
});

it('writes to a read-only mount are rofs', () => {
  const dir = createBundleFs(new Map([['a/f', Buffer.from('hello')]]));
  const probe = new Probe(testWorld({ mounts: [{ guestPath: '/skill', dir }] }));
  const reader = Number(probe.open('a/f', { rights: ALL_RIGHTS & ~RIGHT.fdWrite }));
  expect(probe.read(reader, 9)).toBe('hello');
  expect(probe.open('a/f')).toBe('rofs');
  expect(probe.open('a/f', { rights: RIGHT.fdRead, oflags: TRUNC })).toBe('rofs');
  expect(probe.open('a/n', { oflags: CREAT })).toBe('rofs');
  expect(probe.open('a/f', { oflags: CREAT | EXCL })).toBe('exist');
  expect(probe.path('path_unlink_file', 'a/f')).toBe('rofs');
  expect(probe.path('path_create_directory', 'b')).toBe('rofs');
  expect(probe.path('path_remove_directory', 'a')).toBe('rofs');
  expect(probe.rename('a', 'b')).toBe('rofs');
  expect(probe.link('a/f', 'b')).toBe('rofs');
  expect(probe.symlink('a', 'b')).toBe('rofs');
  expect(probe.run('fd_filestat_set_times', reader, 0n, 0n, 5)).toBe('rofs');
});

/** The file system with every opened file's `sync` counted. */
function counting(dir: DirHandle): { dir: DirHandle; syncs: () => number } {
  let syncs = 0;
  const open = dir.open.bind(dir);
  dir.open = (path, how) => {
    const handle = open(path, how);
    if (typeof handle !== 'string') handle.sync = () => (syncs++, undefined);
    return handle;
  };
  return { dir, syncs: () => syncs };
}

it.for([
  [0, 0],
  [1, 0],
  [2, 1],
  [4, 0],
  [8, 0],
  [16, 1],
  [18, 1],
] as const)('a write with fdflags %i syncs %i times, an empty one never', ([fdflags, expected]) => {
  const { dir, syncs } = counting(testWorld().tmp);
  const probe = new Probe(testWorld({ mounts: [{ guestPath: '/tmp', dir }] }));
  const fd = Number(probe.open('f', { oflags: CREAT, fdflags }));
  expect(probe.write(fd, '')).toBe('');
  expect(syncs()).toBe(0);
  expect(probe.write(fd, 'hello')).toBe('');
  expect(syncs()).toBe(expected);
});

it('a read that comes short ends the transfer', () => {
  const { tmp } = testWorld();
  const open = tmp.open.bind(tmp);
  tmp.open = (path, how) => {
    const handle = open(path, how);
    if (typeof handle === 'string' || handle.kind !== 'file') return handle;
    const read = handle.read.bind(handle);
    handle.read = (into, at) => read(into.subarray(0, 1), at);
    return handle;
  };
  const probe = new Probe(testWorld({ mounts: [{ guestPath: '/tmp', dir: tmp }] }));
  const fd = Number(probe.open('f', { oflags: CREAT }));
  expect(probe.write(fd, 'hello')).toBe('');
  probe.iovecs(8, [4200, 2], [4300, 2]);
  expect(probe.run('fd_pread', fd, 8, 2, 0n, OUT)).toBe('');
  expect([probe.u32(OUT), probe.text(4300, 1)]).toEqual([1, '\0']);
});
