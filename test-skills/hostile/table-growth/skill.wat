(module
  (memory (export "memory") 1)
  (table $t 0 externref)
  (func (export "_start")
    (loop $again (br_if $again (i32.ne (table.grow $t (ref.null extern) (i32.const 65536)) (i32.const -1))))
    (if (i32.gt_u (table.size $t) (i32.const 1000000)) (then (loop $forever (br $forever))))
    (unreachable)))
