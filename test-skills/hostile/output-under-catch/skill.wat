(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (func (export "_start") (local $times i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 65536))
    (loop $again
      (try (do (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))) (catch_all))
      (local.set $times (i32.add (local.get $times) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $times) (i32.const 100))))
    (call $exit (i32.const 0))))
