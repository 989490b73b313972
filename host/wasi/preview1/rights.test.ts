import { expect, it } from 'vitest';
import { ALL_RIGHTS, RIGHT } from './abi.ts';
import { Probe } from './probe.ts';

const CREAT = 1;
const DIRECTORY = 2;
const TRUNC = 8;
const OUT = 0;

function file(content: string): { probe: Probe; fd: number } {
  const probe = new Probe();
  const fd = Number(probe.open('f', { oflags: CREAT }));
  expect(probe.write(fd, content)).toBe('');
  expect(probe.run('fd_seek', fd, 0n, 0, OUT)).toBe('');
  return { probe, fd };
}

it('shows and narrows rights, and never widens them', () => {
  const { probe } = file('hello');
  const fd = Number(probe.open('f', { rights: RIGHT.fdRead | RIGHT.fdWrite | RIGHT.fdSeek, inheriting: 0 }));
  expect(probe.run('fd_fdstat_get', fd, 200)).toBe('');
  expect([probe.view.getUint8(200), probe.u64(208), probe.u64(216)]).toEqual([4, 70n, 0n]);
  expect(probe.run('fd_fdstat_set_rights', fd, 4n | 32n, 0n)).toBe('notcapable');
  expect(probe.run('fd_fdstat_set_rights', fd, 4n | (1n << 40n), 0n)).toBe('notcapable');
  expect(probe.run('fd_fdstat_set_rights', fd, 4n, 1n)).toBe('notcapable');
  expect(probe.run('fd_fdstat_set_rights', fd, 4n, 0n)).toBe('');
  expect(probe.read(fd, 1)).toBe('!notcapable');
  expect(probe.write(fd, 'x')).toBe('notcapable');
  expect(probe.run('fd_fdstat_set_rights', fd, 6n, 0n)).toBe('notcapable');
});

it.for([
  ['fd_advise', [0n, 1n, 0], RIGHT.fdAdvise],
  ['fd_allocate', [0n, 1n], RIGHT.fdAllocate],
  ['fd_datasync', [], RIGHT.fdDatasync],
  ['fd_sync', [], RIGHT.fdSync],
  ['fd_fdstat_set_flags', [0], RIGHT.fdFdstatSetFlags],
  ['fd_filestat_get', [200], RIGHT.fdFilestatGet],
  ['fd_filestat_set_size', [1n], RIGHT.fdFilestatSetSize],
  ['fd_filestat_set_times', [0n, 0n, 0], RIGHT.fdFilestatSetTimes],
  ['fd_pread', [8, 1, 0n, 0], RIGHT.fdRead],
  ['fd_pread', [8, 1, 0n, 0], RIGHT.fdSeek],
  ['fd_pwrite', [8, 1, 0n, 0], RIGHT.fdWrite],
  ['fd_pwrite', [8, 1, 0n, 0], RIGHT.fdSeek],
  ['fd_read', [8, 1, 0], RIGHT.fdRead],
  ['fd_write', [8, 1, 0], RIGHT.fdWrite],
  ['fd_seek', [1n, 0, 0], RIGHT.fdSeek],
  ['fd_tell', [0], RIGHT.fdTell],
] as const)('%s%o needs right %i', ([name, params, right]) => {
  const { probe, fd } = file('hello');
  probe.iovecs(8, [4096, 1]);
  expect(probe.run(name, fd, ...params)).toBe('');
  expect(probe.run('fd_fdstat_get', fd, 200)).toBe('');
  expect(probe.run('fd_fdstat_set_rights', fd, probe.u64(208) & ~BigInt(right), 0n)).toBe('');
  expect(probe.run(name, fd, ...params)).toBe('notcapable');
});

it('seek by nothing needs tell alone', () => {
  const { probe } = file('hello');
  const fd = Number(probe.open('f', { rights: RIGHT.fdTell, inheriting: 0 }));
  expect(probe.run('fd_seek', fd, 0n, 1, OUT)).toBe('');
  expect(probe.run('fd_seek', fd, 0n, 0, OUT)).toBe('notcapable');
});

it.for([
  ['path_open', [0, 100, 1, 0, 0n, 0n, 0, 0], RIGHT.pathOpen],
  ['path_open', [0, 100, 1, CREAT, 0n, 0n, 0, 0], RIGHT.pathCreateFile],
  ['path_open', [0, 100, 1, TRUNC, 0n, 0n, 0, 0], RIGHT.pathFilestatSetSize],
  ['path_create_directory', [101, 1], RIGHT.pathCreateDirectory],
  ['path_filestat_get', [0, 100, 1, 200], RIGHT.pathFilestatGet],
  ['path_filestat_set_times', [0, 100, 1, 0n, 0n, 0], RIGHT.pathFilestatSetTimes],
  ['path_link', [0, 100, 1, 3, 101, 1], RIGHT.pathLinkSource],
  ['path_readlink', [103, 1, 200, 9, 0], RIGHT.pathReadlink],
  ['path_remove_directory', [102, 1], RIGHT.pathRemoveDirectory],
  ['path_rename', [100, 1, 3, 101, 1], RIGHT.pathRenameSource],
  ['path_unlink_file', [100, 1], RIGHT.pathUnlinkFile],
  ['fd_readdir', [200, 100, 0n, 0], RIGHT.fdReaddir],
] as const)('%s%o needs right %i of the directory', ([name, params, right]) => {
  const probe = new Probe();
  const prepare = (): void => {
    probe.open('f', { oflags: CREAT });
    probe.path('path_create_directory', 'd');
    probe.symlink('f', 'l');
    probe.put(100, 'f');
    probe.put(101, 'n');
    probe.put(102, 'd');
    probe.put(103, 'l');
  };
  prepare();
  expect(probe.run(name, 3, ...params)).toBe('');
  const dir = Number(probe.open('.', { oflags: DIRECTORY, rights: ALL_RIGHTS & ~(RIGHT.fdWrite | right) }));
  expect(probe.run(name, dir, ...params)).toBe('notcapable');
});

it('targets of link, rename and symlink need their right', () => {
  const probe = new Probe();
  probe.open('f', { oflags: CREAT });
  const dir = Number(probe.open('.', { oflags: DIRECTORY, rights: RIGHT.pathOpen }));
  probe.put(100, 'fn');
  expect(probe.run('path_link', 3, 0, 100, 1, dir, 101, 1)).toBe('notcapable');
  expect(probe.run('path_rename', 3, 100, 1, dir, 101, 1)).toBe('notcapable');
  expect(probe.run('path_symlink', 100, 1, dir, 101, 1)).toBe('notcapable');
});

it('hands on no more than the directory may', () => {
  const probe = new Probe();
  probe.open('f', { oflags: CREAT });
  const dir = Number(probe.open('.', { oflags: DIRECTORY, rights: RIGHT.pathOpen, inheriting: RIGHT.fdRead }));
  expect(probe.open('f', { dir, rights: RIGHT.fdRead, inheriting: 0 })).toBeTypeOf('number');
  expect(probe.open('f', { dir, rights: RIGHT.fdWrite, inheriting: 0 })).toBe('notcapable');
  expect(probe.open('f', { dir, rights: RIGHT.fdRead, inheriting: RIGHT.fdWrite })).toBe('notcapable');
  expect(probe.open('f', { dir, rights: 0, inheriting: 0, fdflags: 2 })).toBe('notcapable');
  expect(probe.open('f', { dir, rights: 0, inheriting: 0, fdflags: 16 })).toBe('notcapable');
  expect(probe.open('f', { dir, rights: 0, inheriting: 0, fdflags: 1 })).toBeTypeOf('number');
});

it('gives a directory no rights of a file, and a reader none to change the size', () => {
  const probe = new Probe();
  probe.open('f', { oflags: CREAT });
  const dir = Number(probe.open('.', { rights: ALL_RIGHTS & ~RIGHT.fdWrite }));
  expect(probe.run('fd_fdstat_get', dir, 200)).toBe('');
  expect(Number(probe.u64(208)) & (RIGHT.fdRead | RIGHT.fdSeek | RIGHT.fdFilestatSetSize)).toBe(0);
  const reader = Number(probe.open('f', { rights: ALL_RIGHTS & ~RIGHT.fdWrite }));
  expect(probe.run('fd_filestat_set_size', reader, 0n)).toBe('notcapable');
  expect(probe.run('fd_allocate', reader, 0n, 9n)).toBe('notcapable');
});
