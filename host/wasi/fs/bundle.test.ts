import { expect, it } from 'vitest';
import type { OpenHow } from '../../workspace/layer.ts';
import { createBundleFs } from './bundle.ts';

const READ: OpenHow = {
  read: true,
  write: false,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
  followLast: false,
};
const FILES = new Map([
  ['SKILL.md', Buffer.from('# skill')],
  ['rules/a.txt', Buffer.from('a')],
  ['rules/deep/b.txt', Buffer.from('bb')],
]);

it('shows the files and the directories that their paths make', () => {
  const dir = createBundleFs(FILES);
  expect(dir.list()).toMatchObject([
    { name: 'SKILL.md', kind: 'file' },
    { name: 'rules', kind: 'directory' },
  ]);
  expect(dir.statAt('rules/deep/b.txt', false)).toMatchObject({ kind: 'file', size: 2n, mtimNs: 0n });
  const sub = dir.open('rules/', READ);
  if (typeof sub === 'string' || sub.kind !== 'directory') throw new TypeError('no directory');
  expect(sub.open('../SKILL.md', READ)).toBe('notcapable');
  const file = sub.open('deep/../a.txt', READ);
  if (typeof file === 'string' || file.kind !== 'file') throw new TypeError('no file');
  const into = new Uint8Array(4).fill(9);
  expect(file.read(into, 0n)).toBe(1);
  expect([...into]).toEqual([97, 9, 9, 9]);
  expect(file.read(into, 1n)).toBe(0);
  expect(file.read(into, 1n << 62n)).toBe(0);
  file.close();
});

it.for([
  ['SKILL.md', { write: true }, 'rofs'],
  ['SKILL.md', { truncate: true }, 'rofs'],
  ['SKILL.md', { create: true, exclusive: true }, 'exist'],
  ['new', { create: true }, 'rofs'],
  ['new', {}, 'noent'],
  ['rules', { write: true }, 'isdir'],
  ['SKILL.md', { directory: true }, 'notdir'],
  ['SKILL.md/', {}, 'notdir'],
  ['SKILL.md/x', {}, 'notdir'],
  ['..', {}, 'notcapable'],
  ['/SKILL.md', {}, 'notcapable'],
] as const)('opening %s with %o is %s', ([path, how, errno]) => {
  expect(createBundleFs(FILES).open(path, { ...READ, ...how })).toBe(errno);
});

it('refuses every write', () => {
  const dir = createBundleFs(FILES);
  expect([
    dir.mkdir('d'),
    dir.unlink('SKILL.md'),
    dir.rmdir('rules'),
    dir.rename('SKILL.md', dir, 'x'),
    dir.link('SKILL.md', false, dir, 'x'),
    dir.symlink('SKILL.md', 'x'),
    dir.setTimesAt('SKILL.md', false, 'now', 'now'),
  ]).toEqual(Array(7).fill('rofs'));
  expect(dir.readlink('SKILL.md')).toBe('inval');
  const file = dir.open('SKILL.md', READ);
  if (typeof file === 'string' || file.kind !== 'file') throw new TypeError('no file');
  expect([file.write(new Uint8Array(1), 0n), file.resize(0n), file.setTimes('now', 'now')]).toEqual(
    Array(3).fill('rofs'),
  );
  expect(Buffer.from(FILES.get('SKILL.md') ?? []).toString()).toBe('# skill');
});

it.for(['', 'a//b', '/a', 'a/', '../a', 'a/./b'])('is a bug with a path like %j', (path) => {
  expect(() => createBundleFs(new Map([[path, Buffer.from('')]]))).toThrow(TypeError);
});

it('is a bug with a file where a directory has to be', () => {
  const file = Buffer.from('');
  expect(() =>
    createBundleFs(
      new Map([
        ['a', file],
        ['a/b', file],
      ]),
    ),
  ).toThrow(TypeError);
  expect(() =>
    createBundleFs(
      new Map([
        ['a/b', file],
        ['a', file],
      ]),
    ),
  ).toThrow(TypeError);
});
