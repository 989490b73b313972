#include "env.h"

#include <string.h>

#include "rules.h"

#define BUCKETS 2048
#define MAX_HIDDEN 400

static Binding *bindings;
static uint32_t count, room;
static int32_t buckets[BUCKETS];
static struct {
  uint32_t from, to;
} hidden[MAX_HIDDEN];
static uint32_t hidden_count;

void env_reset(void) {
  count = hidden_count = 0;
  memset(buckets, 0, sizeof buckets);
}

uint32_t env_height(void) { return count; }

void env_drop(uint32_t height) {
  while (count > height) {
    count--;
    buckets[bindings[count].hash % BUCKETS] = bindings[count].before;
  }
}

static bool visible(uint32_t index) {
  for (uint32_t i = hidden_count; i-- > 0; ) {
    if (index >= hidden[i].to) return true;
    if (index >= hidden[i].from) return false;
  }
  return true;
}

Binding *env_find(Text name) {
  uint32_t hash = name_hash(name);
  for (int32_t at = buckets[hash % BUCKETS]; at; at = bindings[at - 1].before) {
    Binding *it = &bindings[at - 1];
    if (it->hash == hash && text_equal(it->name, name) && visible((uint32_t)at - 1)) return it;
  }
  return NULL;
}

Binding *env_bind(Text name, const Value *value, uint16_t branch) {
  if (count == room) bindings = grow(bindings, room = room ? room * 2 : 1024, sizeof *bindings);
  uint32_t hash = name_hash(name);
  bindings[count] = (Binding){name, *value, hash, buckets[hash % BUCKETS], branch};
  buckets[hash % BUCKETS] = (int32_t)++count;
  return &bindings[count - 1];
}

void env_hide(uint32_t from) {
  hidden[hidden_count].from = from;
  hidden[hidden_count++].to = count;
}

void env_show(void) { hidden_count--; }
