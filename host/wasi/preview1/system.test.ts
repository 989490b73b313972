import { expect, it } from 'vitest';
import { steppedClock } from '../clock.ts';
import { seededRandom } from '../random.ts';
import { memorySource } from '../stdio.ts';
import { GuestExit, type GuestClock } from '../world.ts';
import { Probe, testWorld } from './probe.ts';

it('gives arguments and environment as they are, bytes that are no UTF-8 included', () => {
  const args = [Buffer.from('prog'), new Uint8Array([0xff, 0x20]), new Uint8Array(0)];
  const probe = new Probe(testWorld({ args, env: [Buffer.from('A=b')] }));
  expect(probe.run('args_sizes_get', 0, 4)).toBe('');
  expect([probe.u32(0), probe.u32(4)]).toEqual([3, 9]);
  probe.put(100, 'xxxxxxxxxxxx');
  expect(probe.run('args_get', 0, 100)).toBe('');
  expect([probe.u32(0), probe.u32(4), probe.u32(8)]).toEqual([100, 105, 108]);
  expect([...probe.bytes(100, 10)]).toEqual([...Buffer.from('prog'), 0, 0xff, 0x20, 0, 0, 'x'.charCodeAt(0)]);
  expect(probe.run('environ_sizes_get', 0, 4)).toBe('');
  expect([probe.u32(0), probe.u32(4)]).toEqual([1, 4]);
  expect(probe.run('environ_get', 0, 100)).toBe('');
  expect(probe.text(probe.u32(0), 4)).toBe('A=b\0');
});

it('knows real and monotonic time, and no other clock', () => {
  const probe = new Probe(testWorld({ clock: steppedClock({ startNs: 7000n, stepNs: 10n }) }));
  const time = (id: number): bigint => {
    expect(probe.run('clock_time_get', id, 0n, 0)).toBe('');
    return probe.u64(0);
  };
  expect([time(0), time(1), time(0)]).toEqual([7000n, 10n, 7020n]);
  expect(probe.run('clock_res_get', 1, 0)).toBe('');
  expect(probe.u64(0)).toBe(10n);
  for (const id of [2, 3, 4, -1]) {
    expect(probe.run('clock_time_get', id, 0n, 0)).toBe('inval');
    expect(probe.run('clock_res_get', id, 0)).toBe('inval');
  }
});

it('fills with randomness, in chunks that do not show', () => {
  const probe = new Probe(testWorld({ random: seededRandom(new Uint8Array(32).fill(1)) }));
  probe.memory.grow(2);
  expect(probe.run('random_get', 10, 150_000)).toBe('');
  const expected = new Uint8Array(150_000);
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- of our Random, not of an array
  seededRandom(new Uint8Array(32).fill(1)).fill(expected);
  expect(Buffer.compare(probe.bytes(10, 150_000), expected)).toBe(0);
  expect([...probe.bytes(0, 10)]).toEqual(Array(10).fill(0));
  expect(probe.run('random_get', 10, -1)).toBe('fault');
});

it('yields, raises nothing, exits with all 32 bits', () => {
  const probe = new Probe();
  expect(probe.run('sched_yield')).toBe('');
  expect(probe.run('proc_raise', 6)).toBe('notsup');
  for (const [given, code] of [
    [0, 0],
    [3, 3],
    [256, 256],
    [-1, 0xffff_ffff],
  ] as const) {
    expect(() => new Probe().run('proc_exit', given)).toThrow(expect.objectContaining({ code }));
    expect(() => new Probe().run('proc_exit', given)).toThrow(GuestExit);
  }
});

it('after the end nothing is left to a guest that caught it', () => {
  const probe = new Probe();
  expect(probe.open('f', { oflags: 1 })).toBe(4);
  expect(() => probe.run('proc_exit', 3)).toThrow(GuestExit);
  expect(probe.run('fd_close', 4)).toBe('badf');
  expect(probe.run('random_get', 0, 1)).toBe('fault');
  expect(probe.run('path_open', 3, 0, 0, 1, 0, 0n, 0n, 0, 0)).toBe('badf');
  expect(() => probe.run('proc_exit', 4)).toThrow(expect.objectContaining({ code: 3 }));
});

interface Sub {
  readonly type: number;
  readonly fd?: number;
  readonly clock?: number;
  readonly timeout?: bigint;
  readonly flags?: number;
}

/** Polls; answers per event `userdata type error bytes flags`, or the errno's name. */
function poll(probe: Probe, subs: readonly Sub[]): string[] | string {
  subs.forEach(({ type, fd = 0, clock = 1, timeout = 0n, flags = 0 }, index) => {
    const at = 1000 + index * 48;
    probe.view.setBigUint64(at, BigInt(index), true);
    probe.view.setUint8(at + 8, type);
    probe.view.setUint32(at + 16, type === 0 ? clock : fd, true);
    probe.view.setBigUint64(at + 24, timeout, true);
    probe.view.setUint16(at + 40, flags, true);
  });
  const refusal = probe.run('poll_oneoff', 1000, 5000, subs.length, 0);
  if (refusal !== '') return refusal;
  return Array.from({ length: probe.u32(0) }, (_, index) => {
    const at = 5000 + index * 32;
    const { view } = probe;
    return [
      probe.u64(at),
      view.getUint8(at + 10),
      view.getUint16(at + 8, true),
      probe.u64(at + 16),
      view.getUint16(at + 24, true),
    ].join(' ');
  });
}

it.for([
  [
    'stdin, stdout, stderr',
    [
      { type: 1, fd: 0 },
      { type: 2, fd: 1 },
      { type: 2, fd: 2 },
    ],
    ['0 1 0 1 0', '1 2 0 1 0', '2 2 0 1 0'],
  ],
  [
    'the wrong way',
    [
      { type: 2, fd: 0 },
      { type: 1, fd: 1 },
    ],
    ['0 2 76 0 0', '1 1 76 0 0'],
  ],
  [
    'a file with bytes left',
    [
      { type: 1, fd: 4 },
      { type: 2, fd: 4 },
    ],
    ['0 1 0 5 0', '1 2 0 1 0'],
  ],
  ['a file at its end', [{ type: 1, fd: 5 }], ['0 1 0 0 1']],
  [
    'a directory and nothing',
    [
      { type: 1, fd: 3 },
      { type: 1, fd: 99 },
    ],
    ['0 1 8 0 0', '1 1 8 0 0'],
  ],
  [
    'a descriptor before a long timer',
    [
      { type: 0, timeout: 1n << 60n },
      { type: 2, fd: 1 },
    ],
    ['1 2 0 1 0'],
  ],
  [
    'a descriptor and a timer that is due',
    [
      { type: 0, timeout: 0n },
      { type: 2, fd: 1 },
    ],
    ['1 2 0 1 0', '0 0 0 0 0'],
  ],
  [
    'the first of two timers',
    [
      { type: 0, timeout: 500n },
      { type: 0, timeout: 400n },
    ],
    ['1 0 0 0 0'],
  ],
  [
    'two timers at once',
    [
      { type: 0, timeout: 400n },
      { type: 0, timeout: 400n },
    ],
    ['0 0 0 0 0', '1 0 0 0 0'],
  ],
  ['an absolute timer of the past', [{ type: 0, timeout: 0n, flags: 1 }], ['0 0 0 0 0']],
  ['a clock that is not there', [{ type: 0, clock: 2 }], ['0 0 28 0 0']],
  ['flags that are not there', [{ type: 0, flags: 2 }], ['0 0 28 0 0']],
  ['a type that is not there', [{ type: 3 }], 'inval'],
  ['nothing', [], 'inval'],
] as const)('polls %s', ([, subs, expected]) => {
  const probe = new Probe();
  probe.open('f', { oflags: 1 });
  probe.open('g', { oflags: 1 });
  probe.write(4, 'hello');
  probe.run('fd_seek', 4, 0n, 0, 0);
  expect(poll(probe, subs)).toEqual(expected);
});

it('refuses more subscriptions than its limit', () => {
  const probe = new Probe();
  probe.memory.grow(3);
  expect(probe.run('poll_oneoff', 0, 0, 4097, 0)).toBe('inval');
  expect(probe.run('poll_oneoff', 0, 0, -1, 0)).toBe('inval');
});

it('sleeps as long as the first timer, relative or absolute, on either clock', () => {
  const slept: bigint[] = [];
  const inner = steppedClock({ startNs: 1000n, stepNs: 0n });
  const clock: GuestClock = { ...inner, sleep: (ns) => (slept.push(ns), inner.sleep(ns)) };
  const probe = new Probe(testWorld({ clock, stdin: memorySource(new Uint8Array(0)) }));
  expect(poll(probe, [{ type: 0, timeout: 500n }])).toEqual(['0 0 0 0 0']);
  expect(poll(probe, [{ type: 0, timeout: 700n, flags: 1 }])).toEqual(['0 0 0 0 0']);
  expect(poll(probe, [{ type: 0, clock: 0, timeout: 2000n, flags: 1 }])).toEqual(['0 0 0 0 0']);
  expect(poll(probe, [{ type: 0, timeout: 0n }])).toEqual(['0 0 0 0 0']);
  expect(slept).toEqual([500n, 200n, 300n]);
});
