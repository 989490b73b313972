// The tools, one file each where they are more than a few lines.
#pragma once
#include "../common/call.h"

typedef struct {
  // Without their line ends (LF or CRLF).
  Text *at;
  size_t count;
  // Whether the last line ends with a line end.
  bool ended;
} Lines;

Lines lines_of(Text text);

void run_search(const Json *args, Buf *out);
void run_diff(const Json *args, Buf *out);
void run_lines(const Json *args, Buf *out);

// Text in a code fence that it cannot close, cut after some 20,000 bytes.
void put_fenced(Buf *out, const char *kind, Text text);
