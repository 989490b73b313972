/* What a component of world wirken:skill needs: an allocator for its arguments, and the shape of its result. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

static unsigned char heap[1 << 20];
static size_t used;

EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len) {
  (void)old;
  (void)old_len;
  used = (used + align - 1) & ~(align - 1);
  void *at = heap + used;
  used += len;
  return used <= sizeof heap ? at : (__builtin_trap(), NULL);
}

typedef struct {
  uint8_t failed;
  const char *at;
  size_t len;
} Result;

__attribute__((unused)) static Result result;
