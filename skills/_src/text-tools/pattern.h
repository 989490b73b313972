// Patterns: literal texts, and regular expressions matched in time linear in the text.
#pragma once
#include "../common/base.h"

#define PATTERN_MAX_BYTES 1000
#define PATTERN_MAX_STEPS 20000

typedef struct Pattern Pattern;

// A literal, or with `regex`: . [a-z] [^x] \d \w \s \b and their capitals, * + ? {m,n}, ( ) |, ^ $. Works on characters.
Pattern *pattern_of(Text source, bool regex, bool ignore_case);

typedef struct {
  size_t start, end;
} Match;

// The leftmost match at or behind `from` (of those, the one that the greedy reading of the pattern prefers).
bool pattern_find(Pattern *pattern, Text line, size_t from, Match *into);
