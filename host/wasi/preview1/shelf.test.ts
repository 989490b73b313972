import { expect, it } from 'vitest';
import wabt from 'wabt';
import { DEFAULT_LIMITS } from '../limits.ts';
import { importMemory } from '../module/import-memory.ts';
import { prepareModule } from '../module/prepare.ts';
import type { GuestEnd } from '../world.ts';
import { Preview1Call } from './call.ts';
import { runCommand } from './command.ts';
import { Door } from './door.ts';
import { testWorld } from './probe.ts';
import { MemoryShelf } from './shelf.ts';

const PAGE = 65_536;
const tools = await wabt();

function prepared(text: string): { readonly module: WebAssembly.Module; readonly shelf: MemoryShelf } {
  const parsed = tools.parseWat('test.wat', text, { exceptions: true });
  const bytes = new Uint8Array(parsed.toBinary({}).buffer);
  parsed.destroy();
  const importer = importMemory(prepareModule(bytes, DEFAULT_LIMITS).bytes, 32);
  if (importer === undefined) throw new Error('its memory cannot be imported');
  return { module: new WebAssembly.Module(importer.bytes), shelf: new MemoryShelf(importer.memory) };
}

it('gives a memory again that was given back and tidied up, with nothing in it', () => {
  const shelf = new MemoryShelf({ initial: 3, maximum: 5 });
  const memory = shelf.take();
  new Uint8Array(memory.buffer).fill(0xaa);
  shelf.giveBack(memory);
  expect(shelf.tidy()).toBe(true);
  expect(shelf.take()).toBe(memory);
  expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  expect(memory.buffer.byteLength).toBe(3 * PAGE);
});

it('gives a memory to one taker at a time, and to none before it is tidied up', () => {
  const shelf = new MemoryShelf({ initial: 1, maximum: 1 });
  const memory = shelf.take();
  expect(shelf.take()).not.toBe(memory);
  shelf.giveBack(memory);
  expect(shelf.take()).not.toBe(memory);
  shelf.tidy();
  expect(shelf.tidy()).toBe(false);
  expect(shelf.take()).toBe(memory);
  expect(shelf.take()).not.toBe(memory);
});

it('drops a memory that has grown', () => {
  const shelf = new MemoryShelf({ initial: 1, maximum: 4 });
  const memory = shelf.take();
  memory.grow(1);
  shelf.giveBack(memory);
  expect(shelf.tidy()).toBe(false);
  expect(shelf.take().buffer.byteLength).toBe(PAGE);
});

const EXIT = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';
it.for<[string, string, GuestEnd['kind'], boolean]>([
  ['returns', '(func (export "_start"))', 'exited', true],
  ['exits', '(func (export "_start") (call $exit (i32.const 3)))', 'exited', true],
  ['traps', '(func (export "_start") unreachable)', 'trap', false],
  ['traps in its start function', '(func $s unreachable) (start $s) (func (export "_start"))', 'trap', false],
  ['has no _start', '', 'trap', false],
  ['exhausts the stack', '(func $f (export "_start") (call $f))', 'limit', false],
  ['throws', '(tag $e) (func (export "_start") (throw $e))', 'trap', false],
  ['grows', '(func (export "_start") (drop (memory.grow (i32.const 1))))', 'exited', false],
  ['has data outside', '(data (i32.const 65536) "x") (func (export "_start"))', 'trap', false],
])('of a guest that %s', ([, body, kind, kept]) => {
  const { module, shelf } = prepared(`(module ${EXIT} (memory (export "memory") 1) ${body})`);
  expect(runCommand(module, testWorld(), shelf).end.kind).toBe(kind);
  expect(shelf.tidy()).toBe(kept);
});

it('leaves pointers of a start function invalid, as with a memory of its own', () => {
  const random = '(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))';
  const { module, shelf } = prepared(`(module ${EXIT} ${random} (memory (export "memory") 1)
    (func $s (call $exit (call $random (i32.const 0) (i32.const 4)))) (start $s) (func (export "_start")))`);
  expect(runCommand(module, testWorld(), shelf).end).toEqual({ kind: 'exited', code: 21 });
});

it('lets an instance reach nothing once its call is over', () => {
  const { module, shelf } = prepared(`(module
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (memory 1) (func (export "yield") (result i32) (call $yield)))`);
  const call = new Preview1Call(testWorld());
  const door = new Door(module, call);
  const instance = new WebAssembly.Instance(module, {
    wasi_snapshot_preview1: door.functions,
    wirken: { memory: shelf.take() },
  });
  const entry = instance.exports['yield'];
  if (typeof entry !== 'function') throw new Error('no function');
  expect(() => entry()).toThrow('call is over');
  door.open(call);
  expect(() => door.open(call)).toThrow(TypeError);
  expect(entry()).toBe(0);
  door.shut();
  expect(() => entry()).toThrow('call is over');
});
