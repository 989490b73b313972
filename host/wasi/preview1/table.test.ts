import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DirHandle } from '../../workspace/layer.ts';
import { testWorld } from './probe.ts';
import { type Descriptor, DescriptorTable } from './table.ts';

interface Counted {
  readonly descriptor: Descriptor;
  closes: number;
}

const COMMON = { base: 0, inheriting: 0, flags: 0 };

function directory(preopen: boolean): Counted {
  const dir: DirHandle = testWorld().tmp;
  const counted: Counted = {
    closes: 0,
    descriptor: {
      ...COMMON,
      kind: 'directory',
      dir,
      preopen: preopen ? new Uint8Array(1) : undefined,
      listing: undefined,
    },
  };
  dir.close = () => void counted.closes++;
  return counted;
}

function file(): Counted {
  const how = {
    read: true,
    write: true,
    create: true,
    exclusive: false,
    truncate: false,
    directory: false,
    followLast: false,
  };
  const handle = testWorld().tmp.open('f', how);
  if (typeof handle === 'string' || handle.kind !== 'file') throw new TypeError('no file');
  const counted: Counted = {
    closes: 0,
    descriptor: { ...COMMON, kind: 'file', file: handle, at: 0n, sizeFloor: 0n, epoch: 0 },
  };
  handle.close = () => void counted.closes++;
  return counted;
}

it.for([
  ['fd_close', (table: DescriptorTable) => table.close(0)],
  ['renumbering over it', (table: DescriptorTable) => table.renumber(1, 0)],
  ['the end of the call', (table: DescriptorTable) => table.closeAll()],
] as const)('%s closes a handle once, and never a mount’s', ([, act]) => {
  for (const [made, closes] of [
    [file(), 1],
    [directory(false), 1],
    [directory(true), 0],
  ] as const) {
    const table = new DescriptorTable(4);
    table.add(made.descriptor);
    table.add(file().descriptor);
    expect(act(table)).toBeUndefined();
    expect(made.closes).toBe(closes);
    table.closeAll();
    table.closeAll();
    expect(made.closes).toBe(closes);
  }
});

it('renumbering to itself changes nothing', () => {
  const made = file();
  const table = new DescriptorTable(2);
  table.add(made.descriptor);
  expect(table.renumber(0, 0)).toBeUndefined();
  expect([made.closes, table.get(0)]).toEqual([0, made.descriptor]);
});

it('gives the lowest free number, counts what is open, and loses nothing', () => {
  const number = fc.integer({ min: 0, max: 9 });
  const step = fc.oneof(
    fc.record({ op: fc.constant('add' as const), from: number, to: number }),
    fc.record({ op: fc.constant('close' as const), from: number, to: number }),
    fc.record({ op: fc.constant('renumber' as const), from: number, to: number }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const table = new DescriptorTable(6);
      const model = new Map<number, Counted>();
      const made: Counted[] = [];
      for (const { op, from, to } of steps) {
        if (op === 'add') {
          const one = directory(false);
          let lowest = 0;
          while (model.has(lowest)) lowest++;
          const answer = table.add(one.descriptor);
          expect(answer).toBe(model.size === 6 ? 'mfile' : lowest);
          if (typeof answer === 'number') {
            model.set(answer, one);
            made.push(one);
          }
        } else if (op === 'close') {
          expect(table.close(from)).toBe(model.has(from) ? undefined : 'badf');
          model.delete(from);
        } else {
          const moved = model.get(from);
          const both = moved !== undefined && model.has(to);
          expect(table.renumber(from, to)).toBe(both ? undefined : 'badf');
          if (both && from !== to) {
            model.set(to, moved);
            model.delete(from);
          }
        }
        for (let fd = 0; fd < 10; fd++) expect(table.get(fd)).toBe(model.get(fd)?.descriptor);
        expect(table.full).toBe(model.size === 6);
        const open = new Set(model.values());
        expect(made.every((one) => one.closes === (open.has(one) ? 0 : 1))).toBe(true);
      }
    }),
  );
});
