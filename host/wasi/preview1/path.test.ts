import { expect, it } from 'vitest';
import { createTmpFs } from '../fs/tmp.ts';
import { ALL_RIGHTS, RIGHT } from './abi.ts';
import { Probe, testWorld } from './probe.ts';

const CREAT = 1;
const DIRECTORY = 2;
const EXCL = 4;
const READ = RIGHT.fdRead;

/** `f` with 5 bytes, `d` with `d/g`, an empty `e`; links to `f`, to `d`, to nothing, to itself. */
function tree(): Probe {
  const probe = new Probe(testWorld({ maxDescriptors: 64 }));
  const fd = Number(probe.open('f', { oflags: CREAT }));
  probe.write(fd, 'hello');
  for (const dir of ['d', 'e']) probe.path('path_create_directory', dir);
  probe.open('d/g', { oflags: CREAT });
  probe.symlink('f', 'to-f');
  probe.symlink('d', 'to-d');
  probe.symlink('nothing', 'dangling');
  probe.symlink('self', 'self');
  return probe;
}

it.for([
  ['f', {}, ''],
  ['./f', {}, ''],
  ['d/../f', {}, ''],
  ['d/.//../d/g', {}, ''],
  ['f/', {}, 'notdir'],
  ['f///', {}, 'notdir'],
  ['f/.', {}, 'notdir'],
  ['d', { rights: READ }, ''],
  ['d/', { rights: READ }, ''],
  ['d///', { rights: READ }, ''],
  ['.', { rights: READ }, ''],
  ['d', {}, 'isdir'],
  ['d', { oflags: DIRECTORY }, 'isdir'],
  ['d', { oflags: DIRECTORY, rights: READ }, ''],
  ['f', { oflags: DIRECTORY, rights: READ }, 'notdir'],
  ['f', { oflags: DIRECTORY }, 'notdir'],
  ['n', { oflags: DIRECTORY }, 'noent'],
  ['f', { oflags: CREAT }, ''],
  ['f', { oflags: CREAT | EXCL }, 'exist'],
  ['f', { oflags: EXCL }, ''],
  ['to-f', { oflags: CREAT | EXCL }, 'exist'],
  ['dangling', { oflags: CREAT | EXCL, follow: false }, 'exist'],
  ['n', {}, 'noent'],
  ['n', { oflags: CREAT, rights: 0 }, ''],
  ['n/', { oflags: CREAT }, 'isdir'],
  ['d', { oflags: CREAT }, 'isdir'],
  ['n/f', { oflags: CREAT }, 'noent'],
  ['f/g', { oflags: CREAT }, 'notdir'],
  ['to-f', {}, 'loop'],
  ['to-f', { follow: true }, ''],
  ['to-f/', { follow: true }, 'notdir'],
  ['to-d', { rights: READ }, 'loop'],
  ['to-d', { rights: READ, oflags: DIRECTORY }, 'loop'],
  ['to-d/', { rights: READ }, ''],
  ['to-d', { rights: READ, follow: true, oflags: DIRECTORY }, ''],
  ['to-d/g', {}, ''],
  ['to-d/../f', {}, ''],
  ['dangling', {}, 'loop'],
  ['dangling', { follow: true }, 'noent'],
  ['dangling', { follow: true, oflags: CREAT }, ''],
  ['self', { follow: true }, 'loop'],
  ['self/f', {}, 'loop'],
  ['..', { rights: READ }, 'notcapable'],
  ['d/../../f', {}, 'notcapable'],
  ['/f', {}, 'notcapable'],
] as const)('opening %s with %j answers "%s"', ([path, how, expected]) => {
  const answer = tree().open(path, how);
  expect(typeof answer === 'number' ? '' : answer).toBe(expected);
});

it('truncates with the directory’s right alone, and creates with no rights', () => {
  const probe = tree();
  const fd = Number(probe.open('f', { rights: 0, oflags: 8 }));
  expect(probe.stat('f')).toMatchObject({ size: 0n });
  expect(probe.write(fd, 'x')).toBe('notcapable');
  expect(probe.open('made', { rights: 0, oflags: CREAT })).toBeTypeOf('number');
});

it('drops rights that nobody knows, and sockets’', () => {
  const probe = tree();
  probe.put(100, 'f');
  expect(probe.run('path_open', 3, 0, 100, 1, 0, -1n & ~64n, -1n, 0, 0)).toBe('');
  expect(probe.run('fd_fdstat_get', probe.u32(0), 200)).toBe('');
  expect(probe.u64(216)).toBe(BigInt(ALL_RIGHTS));
});

it.for([
  ['mkdir', 'n', ''],
  ['mkdir', 'n/', ''],
  ['mkdir', 'f', 'exist'],
  ['mkdir', 'd', 'exist'],
  ['mkdir', 'd/', 'exist'],
  ['mkdir', '.', 'exist'],
  ['mkdir', 'dangling', 'exist'],
  ['mkdir', 'n/n', 'noent'],
  ['mkdir', 'f/n', 'notdir'],
  ['mkdir', '../n', 'notcapable'],
  ['unlink', 'f', ''],
  ['unlink', 'f/', 'notdir'],
  ['unlink', 'd', 'isdir'],
  ['unlink', 'd/', 'isdir'],
  ['unlink', '.', 'isdir'],
  ['unlink', 'n', 'noent'],
  ['unlink', 'to-d', ''],
  ['unlink', 'to-d/', 'notdir'],
  ['unlink', 'to-d/g', ''],
  ['unlink', 'self', ''],
  ['rmdir', 'e', ''],
  ['rmdir', 'e/', ''],
  ['rmdir', 'd', 'notempty'],
  ['rmdir', 'f', 'notdir'],
  ['rmdir', 'f/', 'notdir'],
  ['rmdir', 'to-d', 'notdir'],
  ['rmdir', 'n', 'noent'],
  ['rmdir', '.', 'inval'],
  ['rmdir', 'd/..', 'inval'],
  ['rmdir', '..', 'notcapable'],
] as const)('%s %s answers "%s"', ([what, path, expected]) => {
  const name = (
    { mkdir: 'path_create_directory', unlink: 'path_unlink_file', rmdir: 'path_remove_directory' } as const
  )[what];
  expect(tree().path(name, path)).toBe(expected);
});

it.for([
  ['f', 'n', ''],
  ['f', 'd/n', ''],
  ['f', 'd/g', ''],
  ['f', 'd', 'isdir'],
  ['f', 'n/', 'notdir'],
  ['f/', 'n', 'notdir'],
  ['f', 'f', ''],
  ['d', 'n', ''],
  ['d/', 'n', ''],
  ['d', 'n/', ''],
  ['d/', 'n/', ''],
  ['d', 'e', ''],
  ['e', 'd', 'notempty'],
  ['e', 'f', 'notdir'],
  ['d', 'd/n', 'inval'],
  ['d', 'd', ''],
  ['n', 'x', 'noent'],
  ['to-d', 'x', ''],
  ['to-d/', 'x', 'notdir'],
  ['f', 'to-d', ''],
  ['.', 'x', 'busy'],
  ['f', '.', 'busy'],
  ['f', 'n/n', 'noent'],
  ['f', '../n', 'notcapable'],
  ['../f', 'n', 'notcapable'],
] as const)('rename %s → %s answers "%s"', ([from, to, expected]) => {
  const probe = tree();
  expect(probe.rename(from, to)).toBe(expected);
  if (expected === '' && from === 'f' && to === 'd/g') expect(probe.stat('d/g')).toMatchObject({ size: 5n });
});

it.for([
  ['f', 'n', false, ''],
  ['f', 'd/n', false, ''],
  ['f', 'd', false, 'exist'],
  ['f', 'f', false, 'exist'],
  ['f', 'dangling', false, 'exist'],
  ['f', 'n/', false, 'noent'],
  ['f/', 'n', false, 'notdir'],
  ['d', 'n', false, 'perm'],
  ['n', 'x', false, 'noent'],
  ['to-f', 'n', false, ''],
  ['to-f', 'n', true, ''],
  ['dangling', 'n', false, ''],
  ['dangling', 'n', true, 'noent'],
  ['self', 'n', true, 'loop'],
  ['f', '../n', false, 'notcapable'],
] as const)('link %s → %s (follow %s) answers "%s"', ([from, to, follow, expected]) => {
  const probe = tree();
  expect(probe.link(from, to, follow)).toBe(expected);
  if (expected === '' && from === 'to-f') expect(probe.stat('n')).toMatchObject({ kind: follow ? 4 : 7 });
});

it.for([
  ['f', 'n', ''],
  ['anything at all', 'n', ''],
  ['d/../f', 'n', ''],
  ['../f', 'd/n', ''],
  ['../f', 'n', 'notcapable'],
  ['../../f', 'd/n', 'notcapable'],
  ['d/../../f', 'n', 'notcapable'],
  ['/', 'n', 'notcapable'],
  ['/tmp/f', 'n', 'notcapable'],
  ['f', 'd', 'exist'],
  ['f', 'd/', 'exist'],
  ['f', 'f/', 'notdir'],
  ['f', 'n/', 'noent'],
  ['f', 'dangling', 'exist'],
  ['f', 'n/n', 'noent'],
] as const)('symlink %s at %s answers "%s"', ([target, path, expected]) => {
  expect(tree().symlink(target, path)).toBe(expected);
});

it('readlink cuts at the buffer and touches nothing behind', () => {
  const probe = tree();
  probe.symlink('gé', 'utf8');
  const read = (path: string, size: number): string => {
    probe.put(200, '..........');
    const refusal = probe.run('path_readlink', 3, 100, probe.put(100, path), 200, size, 0);
    return refusal === '' ? `${probe.u32(0)} ${probe.text(200, 6)}` : refusal;
  };
  expect(read('dangling', 10)).toBe('7 nothin');
  expect(read('dangling', 4)).toBe('4 noth..');
  expect(read('dangling', 0)).toBe('0 ......');
  expect(read('f', 4)).toBe('inval');
  expect(read('d', 4)).toBe('inval');
  expect(read('n', 4)).toBe('noent');
  expect(read('to-d/', 4)).toBe('inval');
  expect(read('utf8', 2)).toMatch(/^2 g/);
});

it('stat follows when asked', () => {
  const probe = tree();
  expect(probe.stat('to-f')).toMatchObject({ kind: 7, size: 1n });
  expect(probe.stat('to-f', true)).toMatchObject({ kind: 4, size: 5n });
  expect(probe.stat('to-d/')).toMatchObject({ kind: 3 });
  expect(probe.stat('dangling', true)).toBe('noent');
  expect(probe.stat('self', true)).toBe('loop');
  expect(probe.stat('f/')).toBe('notdir');
});

it('a directory handle is the wall, for symlinks made through a wider one too', () => {
  const probe = tree();
  expect(probe.symlink('../f', 'd/up')).toBe('');
  const dir = Number(probe.open('d', { rights: ALL_RIGHTS & ~RIGHT.fdWrite }));
  expect(probe.open('d/up', { follow: true })).toBeTypeOf('number');
  expect(probe.open('up', { dir, follow: true })).toBe('notcapable');
  expect(probe.open('../f', { dir })).toBe('notcapable');
});

it('moves and links nothing between two file systems', () => {
  const world = testWorld();
  const other = createTmpFs({ maxBytes: 1000, maxNodes: 10, clock: world.clock });
  const probe = new Probe(
    testWorld({
      mounts: [
        { guestPath: '/a', dir: world.tmp },
        { guestPath: '/b', dir: other },
      ],
    }),
  );
  probe.open('f', { oflags: CREAT });
  probe.put(100, 'f');
  expect(probe.run('path_rename', 3, 100, 1, 4, 100, 1)).toBe('xdev');
  expect(probe.run('path_link', 3, 0, 100, 1, 4, 100, 1)).toBe('xdev');
});

it('no directory is open for writing, whatever the layer answers', () => {
  const { tmp } = testWorld();
  tmp.mkdir('d');
  let closes = 0;
  const open = tmp.open.bind(tmp);
  tmp.open = (path, how) => {
    const handle = open(path, { ...how, write: false });
    if (typeof handle !== 'string') handle.close = () => void closes++;
    return handle;
  };
  const probe = new Probe(testWorld({ mounts: [{ guestPath: '/tmp', dir: tmp }] }));
  expect(probe.open('d', { oflags: DIRECTORY })).toBe('isdir');
  expect(closes).toBe(1);
  expect(probe.open('d', { oflags: DIRECTORY, rights: READ })).toBe(4);
});

it('a link’s target with a trailing slash must be a directory', () => {
  const probe = tree();
  expect(probe.symlink('f/', 'x')).toBe('');
  expect(probe.symlink('d/', 'y')).toBe('');
  expect(probe.open('x', { follow: true })).toBe('notdir');
  expect(probe.stat('x', true)).toBe('notdir');
  expect(probe.stat('y', true)).toMatchObject({ kind: 3 });
});

it('renaming to the same file, by one name or two, changes nothing', () => {
  const probe = tree();
  expect(probe.rename('f', 'f')).toBe('');
  expect(probe.stat('f')).toMatchObject({ nlink: 1n });
  expect(probe.link('f', 'g')).toBe('');
  expect(probe.rename('f', 'g')).toBe('');
  expect(probe.stat('f')).toMatchObject({ nlink: 2n, size: 5n });
  expect(probe.stat('g')).toEqual(probe.stat('f'));
});

it.for([
  ['path_create_directory', (probe: Probe) => probe.path('path_create_directory', 'new')],
  ['path_symlink', (probe: Probe) => probe.symlink('f', 'new')],
  ['path_link', (probe: Probe) => probe.link('f', 'new')],
  ['path_open', (probe: Probe) => probe.open('new', { oflags: CREAT })],
] as const)('%s makes no name beyond what a call may make', ([, make]) => {
  const probe = tree();
  while (probe.call.budget.takeName());
  expect(make(probe)).toBe('dquot');
  expect(probe.stat('new')).toBe('noent');
  expect(probe.path('path_unlink_file', 'to-f')).toBe('');
  expect(probe.open('f')).toEqual(expect.any(Number));
});
