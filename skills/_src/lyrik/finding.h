// What a scan found, and what it left out.
#pragma once
#include "rules.h"

typedef struct {
  uint32_t line, column;
  Text what, snippet;
} TraceStep;

typedef struct {
  uint32_t rule;
  Text file, snippet, fingerprint;
  uint32_t line, column, end_line, end_column;
  TraceStep *steps;
  uint32_t step_count;
  bool known;  // in the baseline
} Finding;

typedef struct {
  Text file;
  const char *why;
  uint32_t line;  // 0 = the whole file
} Note;

typedef struct {
  Finding *findings;
  size_t count, room;
  Note *notes;  // files that were left out, or only partly read
  size_t note_count, note_room;
  uint64_t files, bytes, cached, suppressed, unnoted, unread, fixed;
  uint64_t by_language[LANGUAGES];
} Result;

void note(Result *result, Text file, const char *why, uint32_t line);
// By tier, file, line; then stable fingerprints are made.
void result_sort(Result *result);
// framing::file:line
void write_stable_id(Buf *out, const Finding *finding);
Text keep_text(Text text);
