// .gitignore files: which paths beneath a directory are left out.
#pragma once
#include "../common/base.h"

// The rules of one directory's file, on top of those of the directories above it.
typedef struct Ignore Ignore;
struct Ignore {
  const Ignore *above;
  Text directory;  // with a trailing slash; empty at the root
  struct IgnoreLine *lines;
  uint32_t count;
};

// NULL if the text holds no rule. `directory` and `text` must outlive it.
Ignore *ignore_read(const Ignore *above, Text directory, Text text);
void ignore_free(Ignore *ignore);
bool ignored(const Ignore *ignore, Text path, bool is_directory);
// `*` `?` `[…]` within a segment, `**` for whole segments.
bool wild_match(Text pattern, Text path);
