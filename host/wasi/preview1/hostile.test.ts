import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { GuestExit, GuestStop } from '../world.ts';
import { ERRNO } from './errno.ts';
import { PREVIEW1_FUNCTIONS, type Preview1Name } from './functions.ts';
import { Probe, testWorld } from './probe.ts';

const END = 65_536;
const DIR = 3;
const FILE = 4;

/** A probe with a file of 5 bytes at descriptor 4, named `f`, a link `l` and a directory `d`. */
function prepared(): Probe {
  const probe = new Probe(testWorld({ args: [new Uint8Array([97])], env: [new Uint8Array([61])] }));
  expect(probe.open('f', { oflags: 1 })).toBe(FILE);
  expect(probe.write(FILE, 'hello')).toBe('');
  expect(probe.symlink('f', 'l')).toBe('');
  expect(probe.path('path_create_directory', 'd')).toBe('');
  expect(probe.run('fd_seek', FILE, 0n, 0, 0)).toBe('');
  probe.put(0, new Uint8Array(END));
  probe.put(1000, 'f');
  probe.put(1001, 'l');
  probe.put(1002, 'n');
  probe.put(1003, 'd');
  probe.iovecs(2000, [3000, 4]);
  probe.view.setBigUint64(2108 + 8, 5n, true);
  return probe;
}

const F = 1000;
const L = 1001;
const N = 1002;
const D = 1003;
const IOV = 2000;
const OUT = 5000;
const SUB = 2100;

/** A call that works; then where its pointers stand and how many bytes each needs. */
const CALLS: readonly [Preview1Name, readonly (number | bigint)[], Readonly<Record<number, number>>][] = [
  ['args_get', [OUT, OUT + 100], { 0: 4, 1: 2 }],
  ['args_sizes_get', [OUT, OUT + 4], { 0: 4, 1: 4 }],
  ['environ_get', [OUT, OUT + 100], { 0: 4, 1: 2 }],
  ['environ_sizes_get', [OUT, OUT + 4], { 0: 4, 1: 4 }],
  ['clock_res_get', [0, OUT], { 1: 8 }],
  ['clock_time_get', [1, 0n, OUT], { 2: 8 }],
  ['fd_fdstat_get', [FILE, OUT], { 1: 24 }],
  ['fd_filestat_get', [FILE, OUT], { 1: 64 }],
  ['fd_pread', [FILE, IOV, 1, 0n, OUT], { 1: 8, 4: 4 }],
  ['fd_prestat_dir_name', [DIR, OUT, 4], { 1: 4 }],
  ['fd_prestat_get', [DIR, OUT], { 1: 8 }],
  ['fd_pwrite', [FILE, IOV, 1, 0n, OUT], { 1: 8, 4: 4 }],
  ['fd_read', [FILE, IOV, 1, OUT], { 1: 8, 3: 4 }],
  ['fd_readdir', [DIR, OUT, 100, 0n, OUT + 200], { 1: 100, 4: 4 }],
  ['fd_seek', [FILE, 0n, 0, OUT], { 3: 8 }],
  ['fd_tell', [FILE, OUT], { 1: 8 }],
  ['fd_write', [FILE, IOV, 1, OUT], { 1: 8, 3: 4 }],
  ['path_create_directory', [DIR, N, 1], { 1: 1 }],
  ['path_filestat_get', [DIR, 0, F, 1, OUT], { 2: 1, 4: 64 }],
  ['path_filestat_set_times', [DIR, 0, F, 1, 1n, 1n, 5], { 2: 1 }],
  ['path_link', [DIR, 0, F, 1, DIR, N, 1], { 2: 1, 5: 1 }],
  ['path_open', [DIR, 0, F, 1, 0, 2n, 0n, 0, OUT], { 2: 1, 8: 4 }],
  ['path_readlink', [DIR, L, 1, OUT, 10, OUT + 10], { 1: 1, 3: 10, 5: 4 }],
  ['path_remove_directory', [DIR, D, 1], { 1: 1 }],
  ['path_rename', [DIR, F, 1, DIR, N, 1], { 1: 1, 4: 1 }],
  ['path_symlink', [F, 1, DIR, N, 1], { 0: 1, 3: 1 }],
  ['path_unlink_file', [DIR, F, 1], { 1: 1 }],
  ['poll_oneoff', [SUB, OUT, 1, OUT + 100], { 0: 48, 1: 32, 3: 4 }],
  ['random_get', [OUT, 100], { 0: 100 }],
];

const POINTERS = CALLS.flatMap(([name, params, pointers]) =>
  Object.entries(pointers).map(([index, bytes]) => ({ name, params, index: Number(index), bytes })),
);

it.for(CALLS.map(([name, params]) => ({ name, params })))(
  '$name works with what the table says',
  ({ name, params }) => {
    expect(prepared().run(name, ...params)).toBe('');
  },
);

it.for(POINTERS)('$name: parameter $index at the end of memory', ({ name, params, index, bytes }) => {
  const probe = prepared();
  const at = END - bytes;
  const moved = params.with(index, at);
  const old = params[index];
  if (typeof old === 'number') probe.put(at, probe.bytes(old, bytes));
  expect(probe.run(name, ...moved)).toBe('');
});

it.for(
  POINTERS.flatMap((pointer) =>
    [END - pointer.bytes + 1, END, END + 1, -1, 0x7fff_ffff, -pointer.bytes].map((at) => ({ ...pointer, at })),
  ),
)('$name: parameter $index at $at is fault, and nothing happens', ({ name, params, index, at }) => {
  const probe = prepared();
  const before = probe.bytes(0, END);
  expect(probe.run(name, ...params.with(index, at))).toBe('fault');
  expect(probe.bytes(0, END)).toEqual(before);
  expect(probe.list(DIR)).toEqual(['.', '..', 'd', 'f', 'l']);
  expect(probe.stat('f')).toMatchObject({ size: 5n, nlink: 1n });
  expect(probe.run('fd_tell', FILE, 0)).toBe('');
  expect(probe.u64(0)).toBe(0n);
});

const TRANSFERS = [
  ['fd_read', (iovs: number, count: number) => [FILE, iovs, count, OUT]],
  ['fd_write', (iovs: number, count: number) => [FILE, iovs, count, OUT]],
  ['fd_pread', (iovs: number, count: number) => [FILE, iovs, count, 0n, OUT]],
  ['fd_pwrite', (iovs: number, count: number) => [FILE, iovs, count, 0n, OUT]],
] as const;

it.for(
  TRANSFERS.flatMap(([name, params]) => [
    { name, params: params(IOV, -1), expected: 'inval', iov: [3000, 4] as const },
    { name, params: params(IOV, 1025), expected: 'inval', iov: [3000, 4] as const },
    { name, params: params(IOV, 0), expected: '', iov: [3000, 4] as const },
    { name, params: params(END - 8 * 1024 + 8, 1024), expected: 'fault', iov: [3000, 4] as const },
    { name, params: params(IOV, 1), expected: 'fault', iov: [0, END + 1] as const },
    { name, params: params(IOV, 1), expected: 'fault', iov: [END, 1] as const },
    { name, params: params(IOV, 1), expected: 'fault', iov: [0xffff_ffff, 0xffff_ffff] as const },
    { name, params: params(IOV, 1), expected: 'fault', iov: [1, 0xffff_ffff] as const },
    { name, params: params(IOV, 1), expected: 'fault', iov: [0xffff_ffff, 1] as const },
    { name, params: params(IOV, 1), expected: 'fault', iov: [END + 1, 0] as const },
    { name, params: params(IOV, 1), expected: '', iov: [END, 0] as const },
  ]),
)('$name with $params and the iovec $iov answers "$expected"', ({ name, params, expected, iov }) => {
  const probe = prepared();
  probe.iovecs(IOV, iov);
  expect(probe.run(name, ...params)).toBe(expected);
});

it('takes 1024 iovecs and refuses more bytes than 2 GiB over overlapping ones', () => {
  const probe = new Probe();
  probe.memory.grow(3);
  const fd = Number(probe.open('f', { oflags: 1 }));
  for (let index = 0; index < 1024; index++) probe.iovecs(8 + index * 8, [0, 100]);
  expect(probe.run('fd_write', fd, 8, 1024, 0)).toBe('');
  expect(probe.u32(0)).toBe(102_400);
  const big = new Probe();
  big.memory.grow(3);
  for (let index = 0; index < 1024; index++) big.iovecs(8 + index * 8, [0, 4 * END]);
  // 1024 × 256 KiB are 256 MiB: allowed, and the budget answers; no guest here has the 2 MiB of memory for more.
  expect(big.run('fd_write', Number(big.open('f', { oflags: 1 })), 8, 1024, 0)).toBe('');
  expect(big.u32(0)).toBeLessThanOrEqual(1 << 20);
});

it('a read over its own iovecs uses those of before', () => {
  const probe = prepared();
  const evil = new Uint8Array(16).fill(0xff);
  expect(probe.run('fd_seek', FILE, 0n, 0, 0)).toBe('');
  expect(probe.write(FILE, evil)).toBe('');
  expect(probe.run('fd_seek', FILE, 0n, 0, 0)).toBe('');
  probe.iovecs(IOV, [IOV, 8], [IOV + 8, 8]);
  expect(probe.run('fd_read', FILE, IOV, 2, OUT)).toBe('');
  expect(probe.u32(OUT)).toBe(16);
  expect(probe.bytes(IOV, 16)).toEqual(evil);
});

it('events may be written over their subscriptions', () => {
  const probe = new Probe();
  for (let index = 0; index < 3; index++) {
    probe.view.setBigUint64(index * 48, BigInt(index + 1), true);
    probe.view.setUint8(index * 48 + 8, 2);
    probe.view.setUint32(index * 48 + 16, 1, true);
  }
  expect(probe.run('poll_oneoff', 0, 16, 3, 1000)).toBe('');
  expect(probe.u32(1000)).toBe(3);
  expect([0, 1, 2].map((index) => probe.u64(16 + index * 32))).toEqual([1n, 2n, 3n]);
});

it('sees memory that grew between two calls', () => {
  const probe = prepared();
  expect(probe.run('random_get', END, 8)).toBe('fault');
  probe.memory.grow(1);
  expect(probe.run('random_get', END, 8)).toBe('');
  probe.put(END + 100, 'f');
  expect(probe.run('path_filestat_get', DIR, 0, END + 100, 1, END + 200)).toBe('');
  expect(probe.u64(END + 232)).toBe(5n);
  probe.memory.grow(0);
  expect(probe.run('fd_tell', FILE, 2 * END - 8)).toBe('');
});

it.for([
  ['an embedded NUL', new Uint8Array([102, 0]), 'inval'],
  ['a NUL after other bytes', new Uint8Array([0xc3, 0xa9, 0]), 'inval'],
  ['a lone continuation byte', new Uint8Array([0x80]), 'ilseq'],
  ['an encoded surrogate', new Uint8Array([0xed, 0xa0, 0x80]), 'ilseq'],
  ['an overlong slash', new Uint8Array([0xc0, 0xaf]), 'ilseq'],
  ['nothing', new Uint8Array(0), 'noent'],
  ['more than 4096 bytes', new Uint8Array(4097).fill(97), 'nametoolong'],
  ['a segment of 256 bytes', new Uint8Array(256).fill(97), 'nametoolong'],
  ['an absolute path', new Uint8Array([47, 102]), 'notcapable'],
  ['the directory above', new Uint8Array([46, 46]), 'notcapable'],
  ['..', new Uint8Array([100, 47, 46, 46, 47, 46, 46, 47, 102]), 'notcapable'],
] as const)('refuses as a path: %s', ([, bytes, expected]) => {
  const probe = prepared();
  probe.put(8000, bytes);
  const length = bytes.length;
  expect(probe.run('path_open', DIR, 0, 8000, length, 0, 2n, 0n, 0, OUT)).toBe(expected);
  expect(probe.run('path_filestat_get', DIR, 1, 8000, length, OUT)).toBe(expected);
  expect(probe.run('path_unlink_file', DIR, 8000, length)).toMatch(expected === 'notcapable' ? /notcapable/ : expected);
  expect(probe.run('path_rename', DIR, F, 1, DIR, 8000, length)).toBe(expected);
  expect(probe.run('path_link', DIR, 0, F, 1, DIR, 8000, length)).toBe(expected);
  expect(probe.run('path_symlink', F, 1, DIR, 8000, length)).toBe(expected);
});

const NAMES = Object.keys(PREVIEW1_FUNCTIONS).filter((name): name is Preview1Name => name in PREVIEW1_FUNCTIONS);

const i32 = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 8 }) },
  { weight: 4, arbitrary: fc.constantFrom(F, L, N, D, IOV, OUT, SUB, 3000, 256) },
  { weight: 1, arbitrary: fc.constantFrom(-1, END, END - 1, END - 8, 0x7fff_ffff, -0x8000_0000) },
  { weight: 1, arbitrary: fc.integer() },
);
const i64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.constantFrom(-1n, 1n << 40n, 1n << 53n, (1n << 63n) - 1n, -(1n << 63n), 0xfff_ffffn),
);
const step = fc.constantFrom(...NAMES).chain((name) =>
  fc.record({
    name: fc.constant(name),
    params: fc.tuple(
      ...PREVIEW1_FUNCTIONS[name].params.map((type): fc.Arbitrary<number | bigint> => (type === 'i64' ? i64 : i32)),
    ),
  }),
);

it('random calls answer an errno or end the guest, and never anything else', () => {
  const known = new Set([0, ...Object.values(ERRNO)]);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const probe = prepared();
      for (const { name, params } of steps) {
        try {
          expect(known).toContain(probe.raw(name, ...params));
        } catch (error) {
          if (error instanceof GuestExit || error instanceof GuestStop) return;
          throw error;
        }
      }
      probe.call.close();
    }),
    { numRuns: 1500 },
  );
});
