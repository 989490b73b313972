// A set of rules of one language.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define MASK_WORDS 6
#define MASK_RULES (MASK_WORDS * 64)

typedef struct {
  uint64_t word[MASK_WORDS];
} Mask;

static inline bool mask_any(const Mask *a) {
  uint64_t all = 0;
  for (int i = 0; i < MASK_WORDS; i++) all |= a->word[i];
  return all != 0;
}
static inline void mask_add(Mask *a, const Mask *b) {
  for (int i = 0; i < MASK_WORDS; i++) a->word[i] |= b->word[i];
}
static inline Mask mask_and(const Mask *a, const Mask *b) {
  Mask both;
  for (int i = 0; i < MASK_WORDS; i++) both.word[i] = a->word[i] & b->word[i];
  return both;
}
static inline Mask mask_without(const Mask *a, const Mask *b) {
  Mask rest;
  for (int i = 0; i < MASK_WORDS; i++) rest.word[i] = a->word[i] & ~b->word[i];
  return rest;
}
static inline void mask_set(Mask *a, uint32_t rule) { a->word[rule / 64] |= (uint64_t)1 << (rule % 64); }
static inline bool mask_has(const Mask *a, uint32_t rule) { return a->word[rule / 64] >> (rule % 64) & 1; }
static inline Mask mask_all(void) {
  Mask all;
  for (int i = 0; i < MASK_WORDS; i++) all.word[i] = ~(uint64_t)0;
  return all;
}
