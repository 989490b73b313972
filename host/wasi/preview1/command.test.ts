import wabtInit from 'wabt';
import { expect, it } from 'vitest';
import { cappedSink, progressSplitter, tailSink } from '../stdio.ts';
import { GuestStop, type GuestWorld } from '../world.ts';
import { runCommand } from './command.ts';
import { testWorld } from './probe.ts';

const wabt = await wabtInit();
const FEATURES = { exceptions: true, multi_memory: true, mutable_globals: true };

function compile(text: string): WebAssembly.Module {
  return new WebAssembly.Module(new Uint8Array(wabt.parseWat('test.wat', text, FEATURES).toBinary({}).buffer));
}

function run(text: string, parts: Partial<GuestWorld> = {}) {
  return runCommand(compile(text), testWorld(parts));
}

const EXIT = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';
const WRITE = '(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))';
const MEMORY = '(memory (export "memory") 1)';
/** An iovec at 0 of that many bytes at 64. */
const iovec = (length: number): string =>
  `(data (i32.const 0) "\\40\\00\\00\\00\\${(length & 255).toString(16).padStart(2, '0')}\\${(length >> 8).toString(16).padStart(2, '0')}\\00\\00")`;

it.for([
  ['returning', `${MEMORY} (func (export "_start"))`, { kind: 'exited', code: 0 }],
  ['proc_exit 0', `${EXIT} ${MEMORY} (func (export "_start") (call $exit (i32.const 0)))`, { kind: 'exited', code: 0 }],
  [
    'proc_exit 7',
    `${EXIT} ${MEMORY} (func (export "_start") (call $exit (i32.const 7)) unreachable)`,
    { kind: 'exited', code: 7 },
  ],
  [
    'proc_exit 256',
    `${EXIT} ${MEMORY} (func (export "_start") (call $exit (i32.const 256)))`,
    { kind: 'exited', code: 256 },
  ],
  [
    'proc_exit -1',
    `${EXIT} ${MEMORY} (func (export "_start") (call $exit (i32.const -1)))`,
    { kind: 'exited', code: 0xffff_ffff },
  ],
  ['unreachable', `${MEMORY} (func (export "_start") unreachable)`, { kind: 'trap', message: 'unreachable' }],
  [
    'a load past the end',
    `${MEMORY} (func (export "_start") (drop (i32.load (i32.const -4))))`,
    { kind: 'trap', message: 'memory access out of bounds' },
  ],
  [
    'a division by zero',
    `${MEMORY} (func (export "_start") (drop (i32.div_u (i32.const 1) (i32.const 0))))`,
    { kind: 'trap', message: 'divide by zero' },
  ],
  ['endless recursion', `${MEMORY} (func $f (export "_start") (call $f))`, { kind: 'limit', limit: 'call-depth' }],
  [
    'recursion through imports',
    `(import "wasi_snapshot_preview1" "sched_yield" (func $y (result i32))) ${MEMORY} (func $f (export "_start") (drop (call $y)) (call $f))`,
    { kind: 'limit', limit: 'call-depth' },
  ],
  ['no _start', MEMORY, { kind: 'trap', message: expect.stringContaining('no function _start') }],
  [
    'a _start that is a global',
    `${MEMORY} (global (export "_start") i32 (i32.const 0))`,
    { kind: 'trap', message: expect.stringContaining('no function _start') },
  ],
  [
    'a _start with parameters',
    `${MEMORY} (func (export "_start") (param i64))`,
    { kind: 'trap', message: expect.stringContaining('parameters') },
  ],
  [
    'a _start with a result',
    `${MEMORY} (func (export "_start") (result i64) (i64.const 1))`,
    { kind: 'exited', code: 0 },
  ],
  [
    'an import that is not there',
    `(import "env" "\\1b[31m" (func)) ${MEMORY} (func (export "_start"))`,
    { kind: 'trap', message: expect.stringContaining('cannot be linked') },
  ],
  [
    'data past the end of memory',
    `${MEMORY} (data (i32.const 65536) "x") (func (export "_start"))`,
    { kind: 'trap', message: expect.stringContaining('data segment') },
  ],
  [
    'an exception that nobody catches',
    `(tag $e) ${MEMORY} (func (export "_start") (throw $e))`,
    { kind: 'trap', message: expect.stringContaining('exception') },
  ],
  [
    'a start function that exits',
    `${EXIT} ${MEMORY} (func $s (call $exit (i32.const 5))) (start $s) (func (export "_start") unreachable)`,
    { kind: 'exited', code: 5 },
  ],
  [
    'a start function that traps',
    `${MEMORY} (func $s unreachable) (start $s) (func (export "_start"))`,
    { kind: 'trap', message: 'unreachable' },
  ],
  [
    'a start function that recurses',
    `${MEMORY} (func $s (call $s)) (start $s) (func (export "_start"))`,
    { kind: 'limit', limit: 'call-depth' },
  ],
  [
    'an exit that the guest catches',
    `${EXIT} ${MEMORY} (func (export "_start") (try (do (call $exit (i32.const 9))) (catch_all)))`,
    { kind: 'exited', code: 9 },
  ],
  [
    'an exit that the start function catches',
    `${EXIT} ${MEMORY} (func $s (try (do (call $exit (i32.const 9))) (catch_all))) (start $s) (func (export "_start") unreachable)`,
    { kind: 'exited', code: 9 },
  ],
  [
    'an exit that the guest catches before it traps',
    `${EXIT} ${MEMORY} (func (export "_start") (try (do (call $exit (i32.const 9))) (catch_all)) unreachable)`,
    { kind: 'exited', code: 9 },
  ],
] as const)('ends: %s', ([, text, end]) => {
  expect(run(`(module ${text})`).end).toMatchObject(end);
});

it('never shows a control character of a module’s names', () => {
  const { end } = run(String.raw`(module (import "\1b[31m" "\1b" (func)) (func (export "_start")))`);
  expect(end).toMatchObject({ kind: 'trap', message: expect.stringContaining('cannot be linked') });
  // JSON writes a control character as an escape.
  expect(JSON.stringify(end)).not.toContain(String.raw`\u001b`);
});

it('gives nothing to the _start of a guest whose start function caught its own end', () => {
  let fills = 0;
  const random = { fill: () => fills++ };
  const get = '(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))';
  const start = '(func $s (try (do (call $exit (i32.const 9))) (catch_all))) (start $s)';
  const text = `(module ${EXIT} ${get} ${MEMORY} ${start} (func (export "_start") (drop (call $random (i32.const 0) (i32.const 1)))))`;
  expect(run(text, { random }).end).toEqual({ kind: 'exited', code: 9 });
  expect(fills).toBe(0);
});

/** Exits with the errno of one fd_write in the start function, or in `_start`. */
const errnoOfWrite = (memory: string, where: 'start' | '_start'): string =>
  `(module ${EXIT} ${WRITE} ${memory} (func $f (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    ${where === 'start' ? '(start $f) (func (export "_start"))' : '(export "_start" (func $f))'})`;

it.for([
  ['in the start function, before its memory is known', errnoOfWrite(MEMORY, 'start'), 21],
  ['without an exported memory', errnoOfWrite('(memory 1)', '_start'), 21],
  ['without any memory', errnoOfWrite('', '_start'), 21],
  [
    'with a global called memory',
    errnoOfWrite('(memory 1) (global (export "memory") i32 (i32.const 0))', '_start'),
    21,
  ],
  ['with a memory of no pages', errnoOfWrite('(memory (export "memory") 0)', '_start'), 21],
  ['with memory', errnoOfWrite(MEMORY, '_start'), 0],
] as const)('answers a pointer %s', ([, text, code]) => {
  expect(run(text).end).toEqual({ kind: 'exited', code });
});

it('counts the memory at the end', () => {
  const grow = `(module ${MEMORY} (func (export "_start") (drop (memory.grow (i32.const 2)))))`;
  expect(run(grow).memoryBytes).toBe(3 * 65_536);
  expect(run('(module (func (export "_start")))').memoryBytes).toBe(0);
});

it('ends a guest that writes more than its output limit, caught or not', () => {
  const body = '(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))';
  const loop = `(loop $l ${body} (br $l))`;
  const caught = `(loop $l (try (do ${body} (br $l)) (catch_all)))`;
  for (const code of [loop, caught]) {
    const stdout = cappedSink(1000, 'output');
    const { end } = run(`(module ${WRITE} ${MEMORY} ${iovec(300)} (func (export "_start") ${code}))`, { stdout });
    expect(end).toMatchObject({ kind: 'limit', limit: 'output' });
    expect(stdout.bytes().length).toBe(1000);
  }
});

it('ends a guest that its stdin stops, caught or not', () => {
  const stdin = {
    read: () => {
      // oxlint-disable-next-line typescript/only-throw-error -- no error: the one way out through a guest’s frames
      throw new GuestStop('output', 'enough');
    },
  };
  const read = '(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))';
  const body = '(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))';
  for (const code of [body, `(try (do ${body}) (catch_all))`]) {
    const { end } = run(`(module ${read} ${MEMORY} ${iovec(300)} (func (export "_start") ${code}))`, { stdin });
    expect(end).toEqual({ kind: 'limit', limit: 'output', message: 'enough' });
  }
});

it('ends a guest that reports too much progress', () => {
  const line = '{"progress":{"done":1}}\n';
  const stderr = progressSplitter({ maxEvents: 5, onProgress: () => {}, rest: tailSink(100) });
  const text = `(module ${WRITE} ${MEMORY} ${iovec(line.length)} (data (i32.const 64) ${JSON.stringify(line)})
    (func (export "_start") (loop $l (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l))))`;
  expect(run(text, { stderr }).end).toMatchObject({ kind: 'limit', limit: 'progress-events' });
});

it('closes what the guest left open, and passes on what is a bug', () => {
  const world = testWorld();
  const open = `(module (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "f")
    (func (export "_start")
      (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8)))
      (drop (call $unlink (i32.const 3) (i32.const 0) (i32.const 1)))))`;
  let closed = 0;
  const spied = {
    ...world,
    mounts: [
      {
        guestPath: '/tmp',
        dir: new Proxy(world.tmp, {
          get: (dir, key) => {
            if (key !== 'open') return (...params: unknown[]) => Reflect.apply(Reflect.get(dir, key), dir, params);
            return (...params: Parameters<typeof dir.open>) => {
              const handle = dir.open(...params);
              if (typeof handle === 'string') return handle;
              const close = handle.close.bind(handle);
              handle.close = () => (closed++, close());
              return handle;
            };
          },
        }),
      },
    ],
  };
  expect(runCommand(compile(open), spied).end).toEqual({ kind: 'exited', code: 0 });
  expect(closed).toBe(1);
  const broken = {
    write: () => {
      throw new TypeError('ours');
    },
  };
  const text = `(module ${WRITE} ${MEMORY} ${iovec(1)} (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;
  expect(() => run(text, { stdout: broken })).toThrow('ours');
});

it('a world without room for its own descriptors is a bug', () => {
  expect(() => run(`(module (func (export "_start")))`, { maxDescriptors: 3 })).toThrow(TypeError);
});
