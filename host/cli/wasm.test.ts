import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabtInit from 'wabt';
import { expect, it } from 'vitest';
import { Sandbox } from './testing.ts';

const wabt = await wabtInit();

/** Writes a module of this body, with the imports that a test needs. */
function wat(box: Sandbox, name: string, body: string): string {
  const imports = [
    'fd_write',
    'fd_read',
    'proc_exit',
    'args_get',
    'args_sizes_get',
    'path_open',
    'environ_sizes_get',
    'environ_get',
  ]
    .map((fn) => `(import "wasi_snapshot_preview1" "${fn}" (func $${fn} ${TYPES[fn]}))`)
    .join('\n');
  const module = wabt.parseWat(name, `(module ${imports} (memory (export "memory") 4) ${body})`);
  writeFileSync(join(box.work, `${name}.wasm`), module.toBinary({}).buffer);
  return `${name}.wasm`;
}

const TYPES: Record<string, string> = {
  fd_write: '(param i32 i32 i32 i32) (result i32)',
  fd_read: '(param i32 i32 i32 i32) (result i32)',
  proc_exit: '(param i32)',
  args_get: '(param i32 i32) (result i32)',
  args_sizes_get: '(param i32 i32) (result i32)',
  path_open: '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)',
  environ_sizes_get: '(param i32 i32) (result i32)',
  environ_get: '(param i32 i32) (result i32)',
};

/** Copies stdin to stdout until its end. */
const CAT = `(func (export "_start") (loop $more
  (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 65536))
  (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
  (if (i32.eqz (i32.load (i32.const 8))) (then (return)))
  (i32.store (i32.const 4) (i32.load (i32.const 8)))
  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
  (br $more)))`;

it('passes stdin and stdout through byte for byte', async () => {
  using box = new Sandbox();
  const file = wat(box, 'cat', CAT);
  const input = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) & 0xff);
  const { code, bytes, stderr } = await box.wirken(['wasm', 'run', file], input);
  expect([code, stderr]).toEqual([0, '']);
  expect(bytes.equals(input)).toBe(true);
});

it('passes stderr through whole, up to the limit of output', async () => {
  using box = new Sandbox();
  const write = (times: number): string => `(func (export "_start") (local $i i32) (loop $l
    (i32.store (i32.const 4) (i32.const 65536)) (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${times})))))`;
  const whole = await box.wirken(['wasm', 'run', wat(box, 'loud', write(100))]);
  expect([whole.code, whole.stderr.length]).toEqual([0, 100 * 65_536]);
  const cut = await box.wirken(['wasm', 'run', wat(box, 'louder', write(200))]);
  expect(cut.code).toBe(125);
  expect(cut.stderr).toContain('output limit');
});

it.for([
  [0, 0],
  [1, 1],
  [63, 63],
  [123, 123],
  [124, 123],
  [255, 123],
])("passes the guest's status %d through as %d", async ([status, code]) => {
  using box = new Sandbox();
  const file = wat(box, 'exit', `(func (export "_start") (call $proc_exit (i32.const ${status})))`);
  expect((await box.wirken(['wasm', 'run', file])).code).toBe(code);
});

it('hands over arguments and variables, and only those', async () => {
  using box = new Sandbox();
  // All argument bytes, then all environment bytes, as the host lays them out.
  const file = wat(
    box,
    'args',
    `(func (export "_start")
      (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
      (drop (call $args_get (i32.const 256) (i32.const 1024)))
      (i32.store (i32.const 16) (i32.const 1024)) (i32.store (i32.const 20) (i32.load (i32.const 4)))
      (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
      (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
      (drop (call $environ_get (i32.const 256) (i32.const 1024)))
      (i32.store (i32.const 20) (i32.load (i32.const 4)))
      (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))`,
  );
  const { stdout } = await box.wirken(['wasm', 'run', '--env', 'A=b=c', file, '--json', 'ä', ''], '', { SECRET: 'x' });
  expect(stdout).toBe(`${file}\0--json\0ä\0\0A=b=c\0`);
});

it.for([
  ['the time limit', 124, ['--time', '0.3'], '(func (export "_start") (loop $l (br $l)))', 'wall-time'],
  [
    'the output limit',
    125,
    ['--output', '4KiB'],
    `(func (export "_start") (loop $l
    (i32.store (i32.const 4) (i32.const 1000)) (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l)))`,
    'output',
  ],
  ['a trap', 134, [], '(func (export "_start") unreachable)', 'unreachable'],
] as const)('ends by %s with %d and one line that says so', async ([, code, flags, body, named]) => {
  using box = new Sandbox();
  const ran = await box.wirken(['wasm', 'run', ...flags, wat(box, 'bad', body)]);
  expect(ran.code).toBe(code);
  expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ran.stderr).toContain(named);
});

it.for([
  ['no module at all', () => Buffer.from('hello'), 'module-invalid'],
  [
    'an unknown import',
    () => Buffer.from(wabt.parseWat('x', '(module (import "env" "evil" (func)))').toBinary({}).buffer),
    'env',
  ],
] as const)('refuses %s with 126 before it runs', async ([, bytes, named]) => {
  using box = new Sandbox();
  writeFileSync(join(box.work, 'x.wasm'), bytes());
  const { code, stderr } = await box.wirken(['wasm', 'run', 'x.wasm']);
  expect(code).toBe(126);
  expect(stderr).toContain(named);
});

it('shows the directories that were named and no others, read-only if it says so', async () => {
  using box = new Sandbox();
  mkdirSync(join(box.work, 'data'));
  // Creates /data/new (descriptor 3 is the first directory) and exits with the errno.
  const file = wat(
    box,
    'make',
    `(data (i32.const 64) "new") (func (export "_start")
      (call $proc_exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 1)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0))))`,
  );
  const EBADF = 8;
  expect((await box.wirken(['wasm', 'run', file])).code).toBe(EBADF);
  expect((await box.wirken(['wasm', 'run', '--dir', 'data::/data:ro', file])).code).not.toBe(0);
  expect((await box.wirken(['wasm', 'run', '--dir', 'data::/data', file])).code).toBe(0);
  expect(readFileSync(join(box.work, 'data', 'new'), 'utf8')).toBe('');
});

it.for([
  ['--dir', 'data'],
  ['--dir', 'data::relative'],
  ['--env', 'NOVALUE'],
  ['--memory', 'lots'],
  ['--time', '0'],
  ['--time', '301'],
] as const)('answers %s %s with usage', async ([option, value]) => {
  using box = new Sandbox();
  expect((await box.wirken(['wasm', 'run', option, value, wat(box, 'cat', CAT)])).code).toBe(2);
});
