(module (memory (export "memory") 2048) (memory 2049) (func (export "_start")))
