// One file: read, parse, hold against the rules.
#pragma once
#include "finding.h"

#define MAX_FILE_BYTES (1536u << 10)
#define MAX_FINDINGS 10000

// Adds what the file holds to `result`.
void scan_file(Result *result, LanguageId language, Text path, Text bytes);
// Why a file of these bytes is not looked at, or NULL.
const char *left_out(Text path, Text bytes);
