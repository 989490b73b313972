#include "../../guest/component.h"

EXPORT("call") Result *call(const char *tool, size_t tool_len, const char *input, size_t input_len) {
  (void)tool;
  (void)tool_len;
  (void)input;
  (void)input_len;
  while (__builtin_wasm_memory_grow(0, 16) != ~(size_t)0) {
  }
  result = (Result){0, __builtin_wasm_memory_size(0) <= 256 ? "{\"bound\":1}" : "{\"bound\":0}", 11};
  return &result;
}
