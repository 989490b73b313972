// Walks workspace directories in a fixed order, and matches names.
#pragma once
#include "base.h"

#define WALK_MAX_DEPTH 100

typedef struct {
  // Globs on the last segment; what they match is neither visited nor entered.
  const Text *exclude;
  size_t exclude_count;
  // `dir` and `name` are where to open it; `path` is relative to the workspace and lasts only during the call.
  void (*visit)(void *self, int dir, const char *name, Text path);
  void *self;
  uint64_t unreadable, not_regular, too_deep;
} Walk;

// Visits the regular file `path`, or every one beneath the directory `path`, by the bytes of their names. Symlinks are not followed.
// False if there is nothing that can be opened.
bool walk(Walk *walk, Text path);

// The same for a path whose segments may hold `*` and `?`, or be `**` for any number of segments.
bool walk_glob(Walk *walk, Text pattern);

// `*` and `?` stay within a segment, `**` stands for whole segments.
bool glob_match(Text pattern, Text path);
