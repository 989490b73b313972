// What every bundled skill shares: memory that is never freed (a call is one process), text buffers, failure.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes with a length; not terminated by zero unless it says so.
typedef struct {
  const char *at;
  size_t len;
} Text;

// A text that grows. `at` is never NULL once something was written.
typedef struct {
  char *at;
  size_t len, room;
} Buf;

// Ends the call: one line on stderr, exit code 1 (the tool's own error).
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Memory or `fail`. `grow` is realloc.
void *take(size_t count, size_t size);
void *grow(void *old, size_t count, size_t size);

Text text_of(const char *zero_terminated);
bool text_is(Text text, const char *zero_terminated);
bool text_equal(Text a, Text b);
// Orders by bytes.
int text_order(Text a, Text b);
// A zero-terminated copy; fails on a zero inside.
char *text_zero(Text text);
// Position of `needle` at or behind `from`, or SIZE_MAX.
size_t text_find(Text text, Text needle, size_t from);

void buf_bytes(Buf *buf, const void *bytes, size_t len);
void buf_text(Buf *buf, Text text);
void buf_str(Buf *buf, const char *zero_terminated);
void buf_char(Buf *buf, char c);
void buf_format(Buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
Text buf_done(const Buf *buf);

// Appends text as one cell of a Markdown table: no pipes, line breaks or controls, at most `max` bytes.
void buf_cell(Buf *buf, Text text, size_t max);

// Length of the well-formed UTF-8 sequence at the front of `text`, 0 if there is none.
size_t utf8_step(Text text);

// Whole stdout in one go.
void out_write(const Buf *buf);

// One line that the host shows as progress; `total` 0 = unknown. `message` must be plain ASCII.
void progress(uint64_t done, uint64_t total, const char *message);
