// The files of a workspace that are to be looked at, in a fixed order.
#pragma once
#include "../common/base.h"

typedef struct {
  // Globs on whole paths. Without `include` everything is.
  const Text *include, *exclude;
  size_t include_count, exclude_count;
  bool every_directory;  // also those usually left out, and what .gitignore names
  void (*visit)(void *self, Text path);
  void *self;
  uint64_t ignored, not_regular, unreadable, too_deep;
} Tree;

// False if there is no such file or directory. `path` is relative to the workspace.
bool tree_walk(Tree *tree, Text path);
