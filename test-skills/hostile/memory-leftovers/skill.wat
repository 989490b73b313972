(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 3)
  ;; 14 bytes, none of them zero
  (data $answer (i32.const 64) "{\"found\":0000}")
  (data $again "{\"found\":0000}")
  (func (export "_start") (local $at i32) (local $found i32)
    (loop $next
      (if (i32.load8_u (local.get $at)) (then (local.set $found (i32.add (local.get $found) (i32.const 1)))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 196608))))
    (memory.fill (i32.const 0) (i32.const 0xaa) (i32.const 196608))
    (memory.init $again (i32.const 64) (i32.const 0) (i32.const 14))
    ;; four digits, from the right
    (local.set $at (i32.const 76))
    (loop $digits
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $found) (i32.const 10))))
      (local.set $found (i32.div_u (local.get $found) (i32.const 10)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $digits (i32.ge_u (local.get $at) (i32.const 73))))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 14))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
