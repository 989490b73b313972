(module
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.fill (i32.const 0) (i32.const 0xa5) (i32.mul (memory.size) (i32.const 65536)))
    (memory.fill (i32.const 0) (i32.const 0xa5) (i32.add (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)))))
