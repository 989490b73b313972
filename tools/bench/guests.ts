import wabt from 'wabt';

const tools = await wabt();

export function assemble(text: string): Uint8Array<ArrayBuffer> {
  using module = disposable(tools.parseWat('bench.wat', text));
  return new Uint8Array(module.value.toBinary({}).buffer);
}

/** Reads stdin to its end and writes it to stdout, as any skill does. */
export const echoCommand = assemble(`(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start") (local $end i32)
    (local.set $end (i32.const 1024))
    (loop $more
      (i32.store (i32.const 0) (local.get $end))
      (i32.store (i32.const 4) (i32.sub (i32.const 131072) (local.get $end)))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $end (i32.add (local.get $end) (i32.load (i32.const 8))))
      (br_if $more (i32.load (i32.const 8))))
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.sub (local.get $end) (i32.const 1024)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);

/** The same as an Extism plugin: its input, word by word, into a block of the kernel's that becomes its output. */
export const echoPlugin = assemble(`(module
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u64" (func $input_load (param i64) (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_byte (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "store_u8" (func $store_byte (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 2)
  (func (export "echo") (result i32) (local $at i64) (local $length i64) (local $block i64)
    (local.set $length (call $input_length))
    (local.set $block (call $alloc (local.get $length)))
    (block $words_done
      (loop $words
        (br_if $words_done (i64.gt_u (i64.add (local.get $at) (i64.const 8)) (local.get $length)))
        (call $store (i64.add (local.get $block) (local.get $at)) (call $input_load (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 8)))
        (br $words)))
    (block $bytes_done
      (loop $bytes
        (br_if $bytes_done (i64.ge_u (local.get $at) (local.get $length)))
        (call $store_byte (i64.add (local.get $block) (local.get $at)) (call $input_load_byte (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $bytes)))
    (call $output_set (local.get $block) (local.get $length))
    (i32.const 0)))`);

/** `count` times: opens `name` beneath the first directory, reads up to 4 KiB, closes. Traps if one of them fails. */
export function openReadClose(name: string, count: number): Uint8Array<ArrayBuffer> {
  return assemble(`(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 64) "${name}")
    (func $checked (param $errno i32) (if (local.get $errno) (then (unreachable))))
    (func (export "_start") (local $left i32)
      (local.set $left (i32.const ${count}))
      (i32.store (i32.const 0) (i32.const 4096))
      (i32.store (i32.const 4) (i32.const 4096))
      (loop $more
        (call $checked (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const ${name.length})
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
        (call $checked (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
        (if (i32.ne (i32.load (i32.const 8)) (i32.const 4096)) (then (unreachable)))
        (call $checked (call $fd_close (i32.load (i32.const 16))))
        (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))`);
}

function disposable<T extends { destroy(): void }>(value: T): Disposable & { readonly value: T } {
  return { value, [Symbol.dispose]: () => value.destroy() };
}
