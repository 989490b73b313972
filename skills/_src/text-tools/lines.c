#include <stdlib.h>
#include <string.h>

#include "tools.h"

Lines lines_of(Text text) {
  Lines lines = {0};
  size_t room = 0;
  lines.ended = text.len == 0 || text.at[text.len - 1] == '\n';
  for (size_t at = 0; at < text.len; ) {
    const char *newline = memchr(text.at + at, '\n', text.len - at);
    size_t end = newline ? (size_t)(newline - text.at) : text.len;
    if (lines.count == room) lines.at = grow(lines.at, room = room ? room * 2 : 64, sizeof *lines.at);
    bool carriage = newline && end > at && text.at[end - 1] == '\r';
    lines.at[lines.count++] = (Text){text.at + at, end - at - carriage};
    at = end + 1;
  }
  return lines;
}

static bool numerically;

static double leading_number(Text text) {
  char copy[40];
  size_t len = text.len < sizeof copy - 1 ? text.len : sizeof copy - 1;
  memcpy(copy, text.at, len);
  copy[len] = 0;
  return strtod(copy, NULL);
}

static int by_line(const void *a, const void *b) {
  const Text *left = a, *right = b;
  if (numerically) {
    double x = leading_number(*left), y = leading_number(*right);
    if (x != y) return x < y ? -1 : 1;
  }
  return text_order(*left, *right);
}

typedef struct {
  Text line;
  size_t first, times;
} Counted;

static int by_counted_line(const void *a, const void *b) {
  const Counted *left = a, *right = b;
  int order = text_order(left->line, right->line);
  return order ? order : (left->first > right->first) - (left->first < right->first);
}

static int by_first(const void *a, const void *b) {
  const Counted *left = a, *right = b;
  return (left->first > right->first) - (left->first < right->first);
}

// Keeps the first of equal lines, wherever they stand.
static Lines unique(Lines lines, bool counts) {
  Counted *all = take(lines.count, sizeof *all);
  for (size_t i = 0; i < lines.count; i++) all[i] = (Counted){lines.at[i], i, 1};
  qsort(all, lines.count, sizeof *all, by_counted_line);
  size_t kept = 0;
  for (size_t i = 0; i < lines.count; i++) {
    if (kept && text_equal(all[kept - 1].line, all[i].line)) {
      all[kept - 1].times++;
    } else {
      all[kept++] = all[i];
    }
  }
  qsort(all, kept, sizeof *all, by_first);
  for (size_t i = 0; i < kept; i++) {
    lines.at[i] = all[i].line;
    if (!counts) continue;
    Buf counted = {0};
    buf_format(&counted, "%zu\t", all[i].times);
    buf_text(&counted, all[i].line);
    lines.at[i] = buf_done(&counted);
  }
  lines.count = kept;
  return lines;
}

static void turn(Lines *lines) {
  for (size_t i = 0; i < lines->count / 2; i++) {
    Text kept = lines->at[i];
    lines->at[i] = lines->at[lines->count - 1 - i];
    lines->at[lines->count - 1 - i] = kept;
  }
}

static Lines apply(Lines lines, Text operation, size_t count) {
  if (text_is(operation, "sort") || text_is(operation, "sort-numeric")) {
    numerically = text_is(operation, "sort-numeric");
    if (lines.count) qsort(lines.at, lines.count, sizeof *lines.at, by_line);
  } else if (text_is(operation, "uniq") || text_is(operation, "uniq-count")) {
    if (lines.count) lines = unique(lines, text_is(operation, "uniq-count"));
  } else if (text_is(operation, "reverse")) {
    turn(&lines);
  } else if (text_is(operation, "head")) {
    if (lines.count > count) lines.count = count;
  } else if (text_is(operation, "tail")) {
    if (lines.count > count) {
      lines.at += lines.count - count;
      lines.count = count;
    }
  } else if (text_is(operation, "trim")) {
    for (size_t i = 0; i < lines.count; i++) {
      Text *line = &lines.at[i];
      while (line->len && strchr(" \t\r", line->at[line->len - 1]) && line->at[line->len - 1]) line->len--;
    }
  } else if (text_is(operation, "nonblank")) {
    size_t kept = 0;
    for (size_t i = 0; i < lines.count; i++) {
      bool blank = true;
      for (size_t j = 0; j < lines.at[i].len && blank; j++) blank = memchr(" \t\r", lines.at[i].at[j], 3) != NULL;
      if (!blank) lines.at[kept++] = lines.at[i];
    }
    lines.count = kept;
  } else if (text_is(operation, "number")) {
    for (size_t i = 0; i < lines.count; i++) {
      Buf numbered = {0};
      buf_format(&numbered, "%zu\t", i + 1);
      buf_text(&numbered, lines.at[i]);
      lines.at[i] = buf_done(&numbered);
    }
  } else {
    fail("operations are sort, sort-numeric, uniq, uniq-count, reverse, head, tail, trim, nonblank and number");
  }
  return lines;
}

void run_lines(const Json *args, Buf *out) {
  Text *operations;
  size_t operation_count = arg_texts(args, "operations", &operations);
  if (operation_count == 0 || operation_count > 20) fail("operations: give 1 to 20 of them");
  Lines lines = lines_of(arg_input(args, "text", "file"));
  size_t count = (size_t)arg_int(args, "count", 10, 1, 1000000), before = lines.count;
  for (size_t i = 0; i < operation_count; i++) lines = apply(lines, operations[i], count);
  Buf text = {0}, display = {0};
  for (size_t i = 0; i < lines.count; i++) {
    buf_text(&text, lines.at[i]);
    buf_char(&text, '\n');
  }
  put_fenced(&display, "", buf_done(&text));
  buf_format(out, "{\"lines\":%zu,\"linesBefore\":%zu,\"text\":", lines.count, before);
  json_write_string(out, buf_done(&text));
  buf_str(out, ",\"display\":");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}
