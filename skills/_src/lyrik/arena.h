// Memory of one file's analysis: given back all at once.
#pragma once
#include "../common/base.h"

// Zeroed. What comes from it lasts until `arena_reset`.
void *arena_take(size_t bytes);
Text arena_text(Text text);
void arena_reset(void);
// Bytes handed out since the last reset.
size_t arena_used(void);
