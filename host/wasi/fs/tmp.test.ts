import * as fc from 'fast-check';
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemCode } from '../../base/error.ts';
import type { DirHandle, FileHandle, OpenHow } from '../../workspace/layer.ts';
import { steppedClock } from '../clock.ts';
import { createTmpFs } from './tmp.ts';
import type { TmpFsSpec } from './tree.ts';

const HOW: OpenHow = {
  read: true,
  write: true,
  create: true,
  exclusive: false,
  truncate: false,
  directory: false,
  followLast: true,
};
const READ: OpenHow = { ...HOW, write: false, create: false };

function fresh(parts: Partial<TmpFsSpec> = {}): DirHandle {
  return createTmpFs({
    maxBytes: 1 << 20,
    maxNodes: 100,
    clock: steppedClock({ startNs: 1000n, stepNs: 1n }),
    ...parts,
  });
}

function opened(dir: DirHandle, path: string, how: OpenHow = HOW): FileHandle {
  const handle = dir.open(path, how);
  if (typeof handle === 'string' || handle.kind !== 'file') throw new TypeError(`no file: ${path}`);
  return handle;
}

function text(file: FileHandle, at = 0n): string {
  const into = new Uint8Array(1 << 17);
  return Buffer.from(into.subarray(0, Number(file.read(into, at)))).toString('latin1');
}

describe('capacity', () => {
  it.for([
    ['a write at 2^40', 1n << 40n],
    ['a write at 2^62', 1n << 62n],
    ['a write just past the whole', 1n << 20n],
  ] as const)('%s is fbig and allocates nothing', ([, at]) => {
    const file = opened(fresh(), 'f');
    expect(file.write(new Uint8Array(1), at)).toBe('fbig');
    expect(file.resize(at + 1n)).toBe('fbig');
    expect(file.stat()).toMatchObject({ size: 0n });
  });

  it('a hole takes its place in the count but no memory', () => {
    const dir = fresh({ maxBytes: 512 << 20 });
    const before = process.memoryUsage().arrayBuffers;
    const file = opened(dir, 'f');
    expect(file.resize(400n << 20n)).toBeUndefined();
    expect(file.write(new Uint8Array([1]), (400n << 20n) - 1n)).toBe(1);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
    expect(opened(dir, 'g').resize(200n << 20n)).toBe('nospc');
    expect(text(file, 200n << 20n)).toBe('\0'.repeat(1 << 17));
    expect(text(file, (400n << 20n) - 3n)).toBe('\0\0\x01');
  });

  it('fills exactly, refuses one more, and has all again after the last name and handle are gone', () => {
    const dir = fresh();
    for (let round = 0; round < 3; round++) {
      const first = opened(dir, 'first');
      const second = opened(dir, 'second');
      expect(first.write(new Uint8Array(1 << 19), 0n)).toBe(1 << 19);
      expect(second.write(new Uint8Array((1 << 19) - 100), 0n)).toBe((1 << 19) - 100);
      expect(second.write(new Uint8Array(101), (1n << 19n) - 100n)).toBe('nospc');
      expect(dir.unlink('first')).toBeUndefined();
      expect(dir.unlink('second')).toBeUndefined();
      const third = opened(dir, 'third');
      expect(third.write(new Uint8Array(1 << 19), 0n)).toBe('nospc');
      expect(text(first)).toHaveLength(1 << 17);
      first.close();
      expect(third.write(new Uint8Array(1 << 19), 0n)).toBe(1 << 19);
      expect(dir.unlink('third')).toBeUndefined();
      third.close();
      second.close();
    }
  });

  it('rounding takes nothing from a small file system', () => {
    const file = opened(fresh({ maxBytes: 10 }), 'f');
    expect(file.write(new Uint8Array(11), 0n)).toBe('fbig');
    expect(file.write(new Uint8Array(10), 0n)).toBe(10);
    expect(text(file)).toHaveLength(10);
  });

  it('counts names of every kind, and gives them back', () => {
    const dir = fresh({ maxNodes: 4 });
    expect(dir.mkdir('d')).toBeUndefined();
    opened(dir, 'f').close();
    expect(dir.symlink('f', 'l')).toBeUndefined();
    expect(dir.link('f', false, dir, 'h')).toBeUndefined();
    expect(dir.mkdir('x')).toBe('nospc');
    expect(dir.open('x', HOW)).toBe('nospc');
    expect(dir.symlink('f', 'x')).toBe('nospc');
    expect(dir.link('f', false, dir, 'x')).toBe('nospc');
    expect(dir.rename('h', dir, 'l')).toBeUndefined();
    expect(dir.mkdir('x')).toBeUndefined();
    expect(dir.rmdir('x')).toBeUndefined();
    expect(dir.unlink('l')).toBeUndefined();
    expect(dir.mkdir('x')).toBeUndefined();
    expect(dir.mkdir('y')).toBeUndefined();
    expect(dir.mkdir('z')).toBe('nospc');
  });

  it('counts the targets of symlinks', () => {
    const dir = fresh({ maxBytes: 100 });
    expect(dir.symlink('a'.repeat(60), 'l')).toBeUndefined();
    expect(dir.symlink('a'.repeat(60), 'm')).toBe('nospc');
    expect(dir.unlink('l')).toBeUndefined();
    expect(dir.symlink('a'.repeat(60), 'm')).toBeUndefined();
  });
});

it('a file lives on without a name; a removed directory takes nothing more', () => {
  const dir = fresh();
  const file = opened(dir, 'f');
  file.write(Buffer.from('still'), 0n);
  expect(dir.unlink('f')).toBeUndefined();
  expect(file.write(Buffer.from(' here'), 5n)).toBe(5);
  expect(text(file)).toBe('still here');
  expect(file.stat()).toMatchObject({ nlink: 0n, size: 10n });
  dir.mkdir('d');
  const sub = dir.open('d', READ);
  if (typeof sub === 'string' || sub.kind !== 'directory') throw new TypeError('no directory');
  expect(dir.rmdir('d')).toBeUndefined();
  expect(sub.open('f', HOW)).toBe('noent');
  expect(sub.mkdir('d')).toBe('noent');
  expect(dir.rename('f', sub, 'f')).toBe('noent');
  expect(sub.list()).toEqual([]);
});

it('a small file keeps its bytes as it grows through its steps', () => {
  const file = opened(fresh(), 'f');
  const places = [0n, 5000n, 15_000n, 20_000n, 65_536n, 70_000n, 200_000n];
  for (const at of places) expect(file.write(Buffer.from([1 + Number(at % 251n)]), at)).toBe(1);
  const into = new Uint8Array(1);
  for (const at of places) expect([file.read(into, at), into[0]]).toEqual([1, 1 + Number(at % 251n)]);
  expect([file.read(into, 4999n), into[0]]).toEqual([1, 0]);
});

it('a directory cannot move into itself, however it came to lie there', () => {
  const dir = fresh();
  dir.mkdir('a');
  dir.mkdir('b');
  expect(dir.rename('a', dir, 'b/a')).toBeUndefined();
  expect(dir.rename('b', dir, 'b/a/x')).toBe('inval');
  expect(dir.rename('b/a', dir, 'a')).toBeUndefined();
  expect(dir.rename('b', dir, 'a/b')).toBeUndefined();
});

it('a handle does only what it was opened for', () => {
  const dir = fresh();
  opened(dir, 'f').close();
  const reader = opened(dir, 'f', READ);
  expect(reader.write(new Uint8Array(1), 0n)).toBe('badf');
  expect(reader.resize(1n)).toBe('badf');
  const writer = opened(dir, 'f', { ...HOW, read: false });
  expect(writer.read(new Uint8Array(1), 0n)).toBe('badf');
});

it('lists in the order of the bytes', () => {
  const dir = fresh();
  const names = ['\uff00', '\u{1f600}', 'a', 'B', 'é', 'a.b', 'a0'];
  for (const name of names) dir.mkdir(name);
  const listed = dir.list();
  expect(Array.isArray(listed) && listed.map(({ name }: { name: string }) => name)).toEqual(
    names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
});

it('a file holds what an array of bytes would', () => {
  const at = fc.integer({ min: 0, max: 200_000 });
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('write' as const),
      at,
      length: fc.integer({ min: 0, max: 150_000 }),
      value: fc.integer({ min: 1, max: 255 }),
    }),
    fc.record({ kind: fc.constant('resize' as const), at }),
    fc.record({ kind: fc.constant('read' as const), at, length: fc.integer({ min: 0, max: 150_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const file = opened(fresh(), 'f');
      let model = new Uint8Array(0);
      const grow = (size: number): void => {
        const grown = new Uint8Array(Math.max(size, model.length));
        grown.set(model);
        model = grown;
      };
      for (const step of steps) {
        if (step.kind === 'write') {
          expect(file.write(new Uint8Array(step.length).fill(step.value), BigInt(step.at))).toBe(step.length);
          if (step.length === 0) continue;
          grow(step.at + step.length);
          model.fill(step.value, step.at, step.at + step.length);
        } else if (step.kind === 'resize') {
          expect(file.resize(BigInt(step.at))).toBeUndefined();
          if (step.at < model.length) model = model.slice(0, step.at);
          else grow(step.at);
        } else {
          const into = new Uint8Array(step.length).fill(7);
          const count = Math.max(0, Math.min(step.length, model.length - step.at));
          expect(file.read(into, BigInt(step.at))).toBe(count);
          expect(Buffer.compare(into.subarray(0, count), model.subarray(step.at, step.at + count))).toBe(0);
          expect(into.subarray(count).every((byte) => byte === 7)).toBe(true);
        }
      }
      expect(file.stat()).toMatchObject({ size: BigInt(model.length) });
    }),
    { numRuns: 60 },
  );
});

/** What the kernel answers, in our words: its error's name, or what the operation gives. */
function kernel(act: () => unknown): unknown {
  try {
    return act() ?? 'done';
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    return code.slice(1).toLowerCase();
  }
}

function snapshot(dir: DirHandle, path: string): unknown {
  const stat = dir.statAt(path, false);
  if (typeof stat === 'string') return stat;
  if (stat.kind === 'symlink') return dir.readlink(path);
  if (stat.kind === 'file') return { nlink: Number(stat.nlink), content: text(opened(dir, path, READ)) };
  const sub = dir.open(path, READ);
  if (typeof sub === 'string' || sub.kind !== 'directory') return sub;
  const entries = sub.list();
  if (typeof entries === 'string') return entries;
  return Object.fromEntries(entries.map(({ name }) => [name, snapshot(dir, `${path}/${name}`)]));
}

function realSnapshot(path: string): unknown {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return { target: readlinkSync(path) };
  if (stat.isFile()) return { nlink: stat.nlink, content: readFileSync(path, 'latin1') };
  return Object.fromEntries(
    readdirSync(path)
      .toSorted()
      .map((name) => [name, realSnapshot(join(path, name))]),
  );
}

it('random plans end as they do in a real directory', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const target = fc.constantFrom('a', 'b', 'b/c', 'c/a', 'x', './a');
  const step = fc.oneof(
    fc.record({ op: fc.constant('mkdir' as const), path, to: path }),
    fc.record({ op: fc.constant('write' as const), path, to: path }),
    fc.record({ op: fc.constant('writeNew' as const), path, to: path }),
    fc.record({ op: fc.constant('truncate' as const), path, to: path }),
    fc.record({ op: fc.constant('unlink' as const), path, to: path }),
    fc.record({ op: fc.constant('rmdir' as const), path, to: path }),
    fc.record({ op: fc.constant('rename' as const), path, to: path }),
    fc.record({ op: fc.constant('link' as const), path, to: path }),
    fc.record({ op: fc.constant('symlink' as const), path, to: target }),
    fc.record({ op: fc.constant('readlink' as const), path, to: path }),
  );
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const real = mkdtempSync(join(tmpdir(), 'wirken-tmpfs-'));
      try {
        const dir = fresh();
        for (const { op, path, to } of steps) {
          const at = join(real, path);
          const write = (how: OpenHow) => {
            const file = dir.open(path, how);
            if (typeof file === 'string') return file;
            if (file.kind === 'file') file.write(Buffer.from(to), 2n);
            file.close();
            return undefined;
          };
          const realWrite = (flags: number): void => {
            const fd = openSync(at, flags);
            writeSync(fd, to, 2);
            closeSync(fd);
          };
          const [ours, theirs] = {
            mkdir: () => [dir.mkdir(path), kernel(() => mkdirSync(at))],
            write: () => [write({ ...HOW, followLast: true }), kernel(() => realWrite(O_CREAT | O_RDWR))],
            writeNew: () => [
              write({ ...HOW, exclusive: true, followLast: false }),
              kernel(() => realWrite(O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR)),
            ],
            truncate: () => [
              write({ ...HOW, create: false, truncate: true }),
              kernel(() => (truncateSync(at), realWrite(O_RDWR))),
            ],
            unlink: () => [dir.unlink(path), kernel(() => unlinkSync(at))],
            rmdir: () => [dir.rmdir(path), kernel(() => rmdirSync(at))],
            rename: () => [dir.rename(path, dir, to), kernel(() => renameSync(at, join(real, to)))],
            link: () => [dir.link(path, false, dir, to), kernel(() => linkSync(at, join(real, to)))],
            symlink: () => [dir.symlink(to, path), kernel(() => symlinkSync(to, at))],
            readlink: () => {
              const link = dir.readlink(path);
              return [typeof link === 'string' ? link : link.target, kernel(() => readlinkSync(at))];
            },
          }[op]();
          expect({ op, path, to, answer: ours ?? 'done' }).toEqual({ op, path, to, answer: theirs });
        }
        expect(snapshot(dir, '.')).toEqual(realSnapshot(real));
      } finally {
        rmSync(real, { recursive: true });
      }
    }),
    { numRuns: 300 },
  );
});
