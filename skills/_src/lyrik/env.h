// Names in scope and what they stand for.
#pragma once
#include "value.h"

typedef struct {
  Text name;
  Value value;
  uint32_t hash;
  int32_t before;   // of the same bucket
  uint16_t branch;  // how many branches deep it was made
} Binding;

void env_reset(void);
uint32_t env_height(void);
void env_drop(uint32_t height);
// The nearest visible one, or NULL; valid until the next `env_bind`.
Binding *env_find(Text name);
Binding *env_bind(Text name, const Value *value, uint16_t branch);
// Hides the bindings from `from` up to those that are made from now on: a function sees those of the place where it was declared.
void env_hide(uint32_t from);
void env_show(void);
