#include "base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(1);
}

void *take(size_t count, size_t size) { return grow(NULL, count, size); }

void *grow(void *old, size_t count, size_t size) {
  if (size && count > SIZE_MAX / 2 / size) fail("out of memory");
  void *memory = realloc(old, count && size ? count * size : 1);
  if (!memory) fail("out of memory: the input is too large for this skill's memory limit");
  return memory;
}

Text text_of(const char *zero_terminated) { return (Text){zero_terminated, strlen(zero_terminated)}; }

bool text_is(Text text, const char *zero_terminated) { return text_equal(text, text_of(zero_terminated)); }

bool text_equal(Text a, Text b) { return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0); }

int text_order(Text a, Text b) {
  size_t common = a.len < b.len ? a.len : b.len;
  int order = common ? memcmp(a.at, b.at, common) : 0;
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

char *text_zero(Text text) {
  if (text.len && memchr(text.at, 0, text.len)) fail("a zero byte inside a name");
  char *copy = take(text.len + 1, 1);
  if (text.len) memcpy(copy, text.at, text.len);
  copy[text.len] = 0;
  return copy;
}

size_t text_find(Text text, Text needle, size_t from) {
  if (needle.len == 0) return from <= text.len ? from : SIZE_MAX;
  while (from < text.len && text.len - from >= needle.len) {
    const char *hit = memchr(text.at + from, needle.at[0], text.len - from - needle.len + 1);
    if (!hit) return SIZE_MAX;
    if (memcmp(hit, needle.at, needle.len) == 0) return (size_t)(hit - text.at);
    from = (size_t)(hit - text.at) + 1;
  }
  return SIZE_MAX;
}

void buf_bytes(Buf *buf, const void *bytes, size_t len) {
  if (len > buf->room - buf->len || !buf->at) {
    size_t room = buf->room * 2 > buf->len + len ? buf->room * 2 : buf->len + len;
    buf->room = room < 256 ? 256 : room;
    buf->at = grow(buf->at, buf->room, 1);
  }
  if (len) memcpy(buf->at + buf->len, bytes, len);
  buf->len += len;
}

void buf_text(Buf *buf, Text text) { buf_bytes(buf, text.at, text.len); }

void buf_str(Buf *buf, const char *zero_terminated) { buf_bytes(buf, zero_terminated, strlen(zero_terminated)); }

void buf_char(Buf *buf, char c) {
  if (buf->len == buf->room) {
    buf_bytes(buf, &c, 1);
  } else {
    buf->at[buf->len++] = c;
  }
}

void buf_format(Buf *buf, const char *format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (len > 0) buf_bytes(buf, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

Text buf_done(const Buf *buf) { return (Text){buf->at ? buf->at : "", buf->len}; }

void buf_cell(Buf *buf, Text text, size_t max) {
  size_t taken = 0;
  for (size_t at = 0; at < text.len; ) {
    size_t step = utf8_step((Text){text.at + at, text.len - at});
    if (taken + (step ? step : 3) > max) {
      buf_str(buf, "…");
      return;
    }
    unsigned char c = (unsigned char)text.at[at];
    if (step == 0) {
      buf_str(buf, "\xef\xbf\xbd");
      at++;
      taken += 3;
      continue;
    }
    if (c < 0x20 || c == 0x7f) {
      buf_char(buf, ' ');
    } else {
      if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '<' || c == '[') buf_char(buf, '\\');
      buf_bytes(buf, text.at + at, step);
    }
    at += step;
    taken += step;
  }
}

size_t utf8_step(Text text) {
  const unsigned char *b = (const unsigned char *)text.at;
  if (text.len == 0) return 0;
  if (b[0] < 0x80) return 1;
  if (b[0] < 0xc2 || b[0] > 0xf4) return 0;
  size_t len = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
  if (text.len < len) return 0;
  for (size_t i = 1; i < len; i++) {
    if ((b[i] & 0xc0) != 0x80) return 0;
  }
  if (b[0] == 0xe0 && b[1] < 0xa0) return 0;  // over-long
  if (b[0] == 0xed && b[1] > 0x9f) return 0;  // surrogates
  if (b[0] == 0xf0 && b[1] < 0x90) return 0;
  if (b[0] == 0xf4 && b[1] > 0x8f) return 0;
  return len;
}

static void write_all(int fd, const char *at, size_t len) {
  while (len > 0) {
    ssize_t done = write(fd, at, len);
    if (done < 0) {
      if (errno == EINTR) continue;
      exit(1);
    }
    at += done;
    len -= (size_t)done;
  }
}

void out_write(const Buf *buf) { write_all(1, buf->at, buf->len); }

void progress(uint64_t done, uint64_t total, const char *message) {
  char line[256];
  int len = total ? snprintf(line, sizeof line, "{\"progress\":{\"done\":%llu,\"total\":%llu,\"message\":\"%s\"}}\n",
                             (unsigned long long)done, (unsigned long long)total, message)
                  : snprintf(line, sizeof line, "{\"progress\":{\"done\":%llu,\"message\":\"%s\"}}\n",
                             (unsigned long long)done, message);
  if (len > 0 && (size_t)len < sizeof line) write_all(2, line, (size_t)len);
}
