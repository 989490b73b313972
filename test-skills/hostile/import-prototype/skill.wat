(module
  (import "wasi_snapshot_preview1" "constructor" (func))
  (import "wasi_snapshot_preview1" "__proto__" (func))
  (memory (export "memory") 1)
  (func (export "_start")))
