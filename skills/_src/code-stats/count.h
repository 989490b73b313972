// Lines of one file, by what stands on them.
#pragma once
#include "language.h"

typedef struct {
  uint64_t files, lines, code, comments, blanks, bytes;
} Counts;

// A line with any code is code; a line with only comment is comment; an empty one is blank, inside a comment too.
void count_lines(const Language *language, Text bytes, Counts *into);
