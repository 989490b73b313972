// A wirken skill in C: argv = [skill, tool], stdin = the arguments as one JSON object, stdout = the result, stderr = log and progress.
// One header, no library. A call is one process: nothing is freed.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WK_UNUSED __attribute__((unused))

// Bytes with a length; a zero follows them.
typedef struct {
  char *at;
  size_t len;
} wk_text;

// One tool: `input` is its arguments, a JSON object that the host has checked against the schema in SKILL.md.
typedef struct {
  const char *name;
  void (*run)(wk_text input);
} wk_tool;

// Ends the call as the tool's own error: `message` goes to whoever called, `code` (1 to 63) is the exit code.
_Noreturn static inline void wk_fail(int code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(code);
}

static inline void *wk_take(void *old, size_t size) {
  void *at = realloc(old, size ? size : 1);
  if (!at) wk_fail(63, "out of memory");
  return at;
}

// All of a stream.
static inline wk_text wk_read(FILE *from) {
  wk_text all = {wk_take(NULL, 65536), 0};
  for (size_t room = 65536, got; (got = fread(all.at + all.len, 1, room - all.len - 1, from)) > 0;) {
    all.len += got;
    if (room - all.len < 32768) all.at = wk_take(all.at, room *= 2);
  }
  all.at[all.len] = 0;
  return all;
}

// A file of the workspace, by its path there ("src/a.txt"). Fails with 2 if it is not there or not granted.
WK_UNUSED static inline wk_text wk_read_file(const char *path) {
  char full[4352];
  snprintf(full, sizeof full, "/workspace/%s", path);
  FILE *file = fopen(full, "rb");
  if (!file) wk_fail(2, "%s cannot be read", path);
  wk_text all = wk_read(file);
  fclose(file);
  return all;
}

// Replaces a file of the workspace. Fails with 2 if that is not granted.
WK_UNUSED static inline void wk_write_file(const char *path, const char *bytes, size_t len) {
  char full[4352];
  snprintf(full, sizeof full, "/workspace/%s", path);
  FILE *file = fopen(full, "wb");
  if (!file || fwrite(bytes, 1, len, file) != len || fclose(file)) wk_fail(2, "%s cannot be written", path);
}

// A line of the skill's log.
WK_UNUSED static inline void wk_log(const char *line) { fprintf(stderr, "%s\n", line); }

// A JSON string, quotes included, to stdout or another stream.
WK_UNUSED static inline void wk_json_string(FILE *to, const char *text, size_t len) {
  fputc('"', to);
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') fprintf(to, "\\%c", c);
    else if (c < 0x20) fprintf(to, "\\u%04x", c);
    else fputc(c, to);
  }
  fputc('"', to);
}

// Tells how far the work is; `total` 0 = unknown.
WK_UNUSED static inline void wk_progress(uint64_t done, uint64_t total, const char *message) {
  fprintf(stderr, "{\"progress\":{\"done\":%llu", (unsigned long long)done);
  if (total) fprintf(stderr, ",\"total\":%llu", (unsigned long long)total);
  fputs(",\"message\":", stderr);
  wk_json_string(stderr, message, strlen(message));
  fputs("}}\n", stderr);
}

// Behind the JSON value that begins at `at`.
static inline const char *wk_json_skip(const char *at) {
  int depth = 0;
  for (; *at; at++) {
    if (*at == '"') {
      for (at++; *at && *at != '"'; at++) at += *at == '\\' && at[1];
      if (!*at) return at;
    } else if (*at == '{' || *at == '[') depth++;
    else if (*at == '}' || *at == ']') depth--;
    else if (depth > 0 || !strchr(",}] \n\t\r", at[1])) continue;
    if (depth == 0) return at + 1;
  }
  return at;
}

static inline char *wk_utf8(char *to, uint32_t c) {
  if (c < 0x80) return *to++ = (char)c, to;
  int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  *to++ = (char)((0xf0 << (3 - more)) | (c >> (6 * more)));
  while (more--) *to++ = (char)(0x80 | ((c >> (6 * more)) & 0x3f));
  return to;
}

// The text of a JSON string that begins at `at`, as UTF-8.
static inline wk_text wk_json_text(const char *at) {
  size_t room = (size_t)(wk_json_skip(at) - at);
  wk_text text = {wk_take(NULL, room + 1), 0};
  char *to = text.at;
  for (at++; *at && *at != '"'; at++) {
    if (*at != '\\') { *to++ = *at; continue; }
    const char *plain = strchr("b\bf\fn\nr\rt\t", *++at);
    if (*at != 'u') { *to++ = plain ? plain[1] : *at; continue; }
    unsigned high = 0, low = 0;
    sscanf(at + 1, "%4x", &high);
    at += 4;
    if (high >= 0xd800 && high < 0xdc00 && sscanf(at + 1, "\\u%4x", &low) == 1) {
      high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
      at += 6;
    }
    to = wk_utf8(to, high);
  }
  *to = 0;
  text.len = (size_t)(to - text.at);
  return text;
}

// Where the value of a member of the JSON object begins, or NULL.
static inline const char *wk_member(wk_text object, const char *name) {
  const char *at = object.at + 1;
  while (*(at += strspn(at, " \n\t\r,")) == '"') {
    bool same = strcmp(wk_json_text(at).at, name) == 0;
    at = wk_json_skip(at);
    at += strspn(at, " \n\t\r:");
    if (same) return at;
    at = wk_json_skip(at);
  }
  return NULL;
}

// Arguments by name, and what stands for one that was not given.
WK_UNUSED static inline wk_text wk_arg_text(wk_text input, const char *name, const char *otherwise) {
  const char *at = wk_member(input, name);
  return at && *at == '"' ? wk_json_text(at) : (wk_text){(char *)otherwise, otherwise ? strlen(otherwise) : 0};
}
WK_UNUSED static inline double wk_arg_number(wk_text input, const char *name, double otherwise) {
  const char *at = wk_member(input, name);
  return at && strchr("-0123456789", *at) ? strtod(at, NULL) : otherwise;
}
WK_UNUSED static inline bool wk_arg_flag(wk_text input, const char *name, bool otherwise) {
  const char *at = wk_member(input, name);
  return at ? *at == 't' : otherwise;
}

// Runs the tool that was asked for.
WK_UNUSED static inline int wk_main(int argc, char **argv, const wk_tool *tools, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (argc > 1 && strcmp(tools[i].name, argv[1]) == 0) return tools[i].run(wk_read(stdin)), 0;
  }
  wk_fail(1, "there is no tool %s", argc > 1 ? argv[1] : "without a name");
}
