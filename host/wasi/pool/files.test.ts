import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Access } from '../../workspace/access.ts';
import { parseGlob } from '../../policy/glob.ts';
import type { CallOutcome } from '../call.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { callWith, guestOf, scratch } from './fixtures.ts';
import { type Pool, startPool } from './pool.ts';
import type { Where } from './where.ts';

const cache = scratch();
afterAll(() => cache[Symbol.dispose]());

/** Opens `path` beneath descriptor `dir` and writes out what it reads; exits with the errno. */
function reader(dir: number, path: string) {
  const body = `(func (export "_start") (local $errno i32)
    (local.set $errno (call $path_open (i32.const ${dir}) (i32.const 0) (i32.const 1024) (i32.const ${path.length})
      (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 16)))
    (if (local.get $errno) (then (call $proc_exit (local.get $errno))))
    (i32.store (i32.const 0) (i32.const 2048)) (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 8))))`;
  return guestOf(`read ${dir} ${path}`, body, DEFAULT_LIMITS, path);
}

/** Creates `path` beneath descriptor `dir` and writes its own name to it `times` over; exits with the errno. */
function writer(dir: number, path: string, times = 1) {
  const body = `(func (export "_start") (local $errno i32) (local $i i32)
    (local.set $errno (call $path_open (i32.const ${dir}) (i32.const 0) (i32.const 1024) (i32.const ${path.length})
      (i32.const 1) (i64.const 64) (i64.const 64) (i32.const 0) (i32.const 16)))
    (if (local.get $errno) (then (call $proc_exit (local.get $errno))))
    (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const ${path.length}))
    (loop $l
      (local.set $errno (call $fd_write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (local.get $errno) (then (call $proc_exit (local.get $errno))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${times})))))`;
  return guestOf(`write ${dir} ${path} ${times}`, body, DEFAULT_LIMITS, path);
}

/** Opens the directory behind descriptor 3 until it may not any more; exits with how often that went. */
const OPENER = guestOf(
  'opener',
  `(func (export "_start") (local $i i32)
    (loop $l
      (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 16))
        (then (call $proc_exit (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $l)))`,
  DEFAULT_LIMITS,
  '.',
);

const told = (outcome: CallOutcome): string =>
  outcome.kind !== 'exited'
    ? outcome.kind
    : outcome.code === 0
      ? Buffer.from(outcome.stdout).toString()
      : `errno ${outcome.code}`;

const NOENT = 'errno 44';
const DQUOT = 'errno 19';
const FBIG = 'errno 22';
const ROFS = 'errno 69';

function childrenOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((tid) =>
    readFileSync(`/proc/${pid}/task/${tid}/children`, 'utf8').split(' ').filter(Boolean),
  );
}

describe.for([
  ['fenced by the kernel, with openat2', true],
  ['by Node alone, with the walk', false],
] as const)('%s', ([, landlock]) => {
  let pool: Pool;
  beforeAll(() => {
    pool = startPool({ cacheDir: cache.path, landlock, size: 2 });
  });
  afterAll(() => pool[Symbol.asyncDispose]());

  function mounted(path: string, access: Access): Disposable & { readonly where: Where } {
    const fd = openSync(path, 'r');
    return {
      where: { mounts: [{ guestPath: '/workspace', fd, access }], tmp: true },
      [Symbol.dispose]: () => closeSync(fd),
    };
  }

  it('reads and writes in the workspace as granted, and says how it was fenced', async () => {
    using dir = scratch();
    writeFileSync(`${dir.path}/in.txt`, 'from the workspace');
    using all = mounted(dir.path, 'read-write');
    using some = mounted(dir.path, { read: [parseGlob('*.txt')], write: [] });
    const outcome = await callWith(pool, reader(3, 'in.txt'), { options: all });
    expect(told(outcome)).toBe('from the workspace');
    expect('fences' in outcome && outcome.fences).toEqual([
      'wasm',
      'beneath-open',
      'permission',
      ...(landlock ? ['landlock'] : []),
      'own-process',
    ]);
    expect(told(await callWith(pool, writer(3, 'made.txt'), { options: all }))).toBe('');
    expect(readFileSync(`${dir.path}/made.txt`, 'utf8')).toBe('made.txt');
    expect(told(await callWith(pool, reader(3, 'in.txt'), { options: some }))).toBe('from the workspace');
    expect(told(await callWith(pool, writer(3, 'no.txt'), { options: some }))).toMatch(/^errno/);
    expect(readdirSync(dir.path).sort()).toEqual(['in.txt', 'made.txt']);
  });

  it.runIf(landlock)('runs behind the filter it was started with and its own', async () => {
    using dir = scratch();
    using all = mounted(dir.path, 'read-only');
    expect(told(await callWith(pool, reader(3, 'none'), { options: all }))).toBe(NOENT);
    const filters = childrenOf(process.pid).map((pid) =>
      Number(/^Seccomp_filters:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    );
    expect(filters).toContain(2);
  });

  it('does not leave the workspace', async () => {
    using outside = scratch();
    using dir = scratch();
    writeFileSync(`${outside.path}/secret`, 'secret');
    symlinkSync(outside.path, `${dir.path}/out`);
    using all = mounted(dir.path, 'read-write');
    for (const path of ['../secret', 'out/secret', '/etc/passwd', '../../etc/passwd']) {
      expect([path, told(await callWith(pool, reader(3, path), { options: all }))]).toEqual([
        path,
        expect.stringMatching(/^errno/),
      ]);
    }
  });

  it('never mixes two workspaces, and follows one that is renamed', async () => {
    using one = scratch();
    using two = scratch();
    mkdirSync(`${one.path}/dir`);
    writeFileSync(`${one.path}/dir/f`, 'one');
    writeFileSync(`${two.path}/f`, 'two');
    using first = mounted(`${one.path}/dir`, 'read-only');
    using second = mounted(two.path, 'read-only');
    const calls = Array.from({ length: 20 }, (_, index) =>
      callWith(pool, reader(3, 'f'), { options: index % 2 === 0 ? first : second }),
    );
    expect((await Promise.all(calls)).map(told)).toEqual(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'one' : 'two')),
    );
    renameSync(`${one.path}/dir`, `${one.path}/moved`);
    expect(told(await callWith(pool, reader(3, 'f'), { options: first }))).toBe('one');
    // Another directory under the old path is another workspace.
    mkdirSync(`${one.path}/dir`);
    writeFileSync(`${one.path}/dir/f`, 'three');
    using third = mounted(`${one.path}/dir`, 'read-only');
    expect(told(await callWith(pool, reader(3, 'f'), { options: third }))).toBe('three');
  });

  it('gives the descriptors of a call back', async () => {
    using dir = scratch();
    using all = mounted(dir.path, 'read-only');
    const opened = [];
    for (const _ of Array.from({ length: 12 })) opened.push(told(await callWith(pool, OPENER, { options: all })));
    expect(new Set(opened)).toEqual(new Set(['errno 251']));
    const pids = childrenOf(process.pid);
    const held = pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
    );
    expect(held.filter((path) => path === dir.path).length).toBeLessThanOrEqual(pids.length);
  });

  it('shows the bundle, read-only, and a fresh /tmp, both without any directory', async () => {
    const where = (text: string): Where => ({
      mounts: [],
      bundle: { digest: `bundle of ${text}`, files: new Map([['rules/a.txt', Buffer.from(text)]]) },
      tmp: true,
    });
    for (const text of ['first', 'second', 'first']) {
      expect(told(await callWith(pool, reader(3, 'rules/a.txt'), { options: { where: where(text) } }))).toBe(text);
    }
    expect(told(await callWith(pool, writer(3, 'b.txt'), { options: { where: where('first') } }))).toBe(ROFS);
    expect(told(await callWith(pool, writer(4, 'kept'), { options: { where: where('first') } }))).toBe('');
    expect(told(await callWith(pool, reader(4, 'kept'), { options: { where: where('first') } }))).toBe(NOENT);
  });

  it('counts what is written', async () => {
    const options = { where: { mounts: [], tmp: true } };
    const name = 'n'.repeat(100);
    const limits = { writtenBytes: 50_000 };
    expect(told(await callWith(pool, writer(3, name, 1000), { options, limits }))).toBe(DQUOT);
    expect(told(await callWith(pool, writer(3, name, 2000), { options, limits: { tmpBytes: 65_536 } }))).toBe(FBIG);
    expect(told(await callWith(pool, writer(3, name, 400), { options, limits }))).toBe('');
  });
});
