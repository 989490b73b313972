import { expect, it } from 'vitest';
import { ERRNO } from './errno.ts';
import { GuestMemory } from './memory.ts';

function attached(pages: number): { memory: GuestMemory; bytes: Uint8Array; view: DataView } {
  const memory = new GuestMemory();
  const wasm = new WebAssembly.Memory({ initial: pages });
  memory.attach(wasm);
  return { memory, bytes: new Uint8Array(wasm.buffer), view: new DataView(wasm.buffer) };
}

it('takes 1024 overlapping iovecs up to 2 GiB together, and no more', () => {
  const { memory, view } = attached(33);
  const length = Math.floor(0x7fff_ffff / 1024);
  for (let index = 0; index < 1024; index++) view.setUint32(index * 8 + 4, length, true);
  expect(memory.loadIovecs(0, 1024)).toBe(1024);
  view.setUint32(4, length + 1024, true);
  expect(memory.loadIovecs(0, 1024)).toBe('inval');
  expect(memory.loadIovecs(0, 1025)).toBe('inval');
});

it.for([
  ['plain', [97, 47, 98], 'a/b'],
  ['UTF-8', [0xc3, 0xa9], 'é'],
  ['with a byte order mark', [0xef, 0xbb, 0xbf, 97], '\ufeffa'],
  ['empty', [], ERRNO.noent],
  ['with a NUL', [97, 0, 98], ERRNO.inval],
  ['with a NUL behind other bytes', [0xc3, 0xa9, 0, 97], ERRNO.inval],
  ['not UTF-8', [0xc3, 97], ERRNO.ilseq],
  ['of 4096 bytes', Array(4096).fill(47), '/'.repeat(4096)],
  ['of 4097 bytes', Array(4097).fill(47), ERRNO.nametoolong],
] as const)('reads a path %s', ([, path, expected]) => {
  const { memory, bytes } = attached(1);
  bytes.set(path, 100);
  expect(memory.loadPath(100, path.length)).toBe(expected);
  const end = bytes.length - path.length;
  bytes.set(path, end);
  expect(memory.loadPath(end, path.length)).toBe(expected);
  expect(memory.loadPath(end + 1, path.length)).toBe(ERRNO.fault);
});

it('has no valid pointer before it is attached and after it is detached', () => {
  const memory = new GuestMemory();
  expect([memory.has(0, 0), memory.has(0, 1), memory.loadIovecs(0, 1), memory.loadPath(0, 1)]).toEqual([
    true,
    false,
    'fault',
    21,
  ]);
  const wasm = new WebAssembly.Memory({ initial: 1 });
  memory.attach(wasm);
  expect([memory.has(0, 65_536), memory.has(0, 65_537)]).toEqual([true, false]);
  memory.detach();
  expect(memory.has(0, 1)).toBe(false);
});
