#include "arena.h"

#include <string.h>

#define CHUNK_BYTES (1u << 20)

typedef struct Chunk Chunk;
struct Chunk {
  Chunk *next;
  size_t room;
};

static Chunk *first, *current;
static size_t at, used;

static char *bytes_of(Chunk *chunk) { return (char *)(chunk + 1); }

void *arena_take(size_t bytes) {
  bytes = (bytes + 7) & ~(size_t)7;
  used += bytes;
  while (!current || at + bytes > current->room) {
    Chunk *next = current ? current->next : first;
    if (!next || next->room < bytes) {
      size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
      Chunk *fresh = take(1, sizeof *fresh + room);
      *fresh = (Chunk){next, room};
      if (current) {
        current->next = fresh;
      } else {
        first = fresh;
      }
      next = fresh;
    }
    current = next;
    at = 0;
  }
  char *here = bytes_of(current) + at;
  at += bytes;
  memset(here, 0, bytes);
  return here;
}

Text arena_text(Text text) {
  char *copy = arena_take(text.len + 1);
  if (text.len) memcpy(copy, text.at, text.len);
  return (Text){copy, text.len};
}

void arena_reset(void) {
  current = first;
  at = used = 0;
}

size_t arena_used(void) { return used; }
