#include "../../guest/guest.h"

int main(void) {
  counted("grown", __builtin_wasm_memory_grow(0, 1024) != ~(size_t)0);
  finish();
}
