// .lyrik/cache: by file the digest of its bytes and what was found in it, so that an unchanged file is not parsed again.
#pragma once
#include "finding.h"

// What the last scan with the same rules left; nothing if there is none.
void cache_read(Text rules);
// Adds what is known of these bytes to `result`; false if nothing is.
bool cache_use(Result *result, LanguageId language, Text path, Text bytes);
// Remembers what a scan added since these counts.
void cache_add(const Result *result, Text path, Text bytes, size_t findings, size_t notes, uint64_t suppressed);
// Bytes to be written, or an empty text when nothing changed.
Text cache_bytes(Text rules);
