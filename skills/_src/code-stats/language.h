// Languages by file name, and how each writes comments and strings.
#pragma once
#include "../common/base.h"

typedef struct {
  const char *name;
  // Lower case, separated by spaces; a whole file name stands with a leading slash: "c h", "/makefile mk".
  const char *names;
  // Up to two tokens that comment out the rest of a line.
  const char *line[2];
  const char *open, *close;
  bool nests;
  // Quotes that end on their line, and quotes that may go on over lines (`3` = three double quotes, `4` = three single quotes).
  const char *quotes, *long_quotes;
} Language;

extern const Language LANGUAGES[];
extern const size_t LANGUAGE_COUNT;

// By the file's name, or -1.
int language_of_name(Text name);
// By a first line like `#!/usr/bin/env python3`, or -1.
int language_of_shebang(Text bytes);
