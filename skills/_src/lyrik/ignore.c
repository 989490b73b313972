#include "ignore.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LINES 5000

typedef struct IgnoreLine {
  Text pattern;
  bool negated, directories_only, anywhere;
} IgnoreLine;

Ignore *ignore_read(const Ignore *above, Text directory, Text text) {
  IgnoreLine *lines = NULL;
  uint32_t count = 0;
  for (size_t from = 0; from < text.len && count < MAX_LINES; ) {
    const char *end = memchr(text.at + from, '\n', text.len - from);
    Text line = {text.at + from, end ? (size_t)(end - text.at) - from : text.len - from};
    from += line.len + 1;
    while (line.len && (line.at[line.len - 1] == '\r' || (line.at[line.len - 1] == ' ' && !(line.len > 1 && line.at[line.len - 2] == '\\')))) line.len--;
    if (line.len == 0 || line.at[0] == '#') continue;
    IgnoreLine it = {0};
    if (line.at[0] == '!') {
      it.negated = true;
      line = (Text){line.at + 1, line.len - 1};
    } else if (line.at[0] == '\\' && line.len > 1) {
      line = (Text){line.at + 1, line.len - 1};
    }
    while (line.len && line.at[line.len - 1] == '/') {
      it.directories_only = true;
      line.len--;
    }
    it.anywhere = line.len && !memchr(line.at, '/', line.len);
    if (line.len && line.at[0] == '/') line = (Text){line.at + 1, line.len - 1};
    if (line.len == 0) continue;
    it.pattern = line;
    lines = grow(lines, count + 1, sizeof *lines);
    lines[count++] = it;
  }
  if (count == 0) return NULL;
  Ignore *ignore = take(1, sizeof *ignore);
  *ignore = (Ignore){above, directory, lines, count};
  return ignore;
}

void ignore_free(Ignore *ignore) {
  if (!ignore) return;
  free(ignore->lines);
  free(ignore);
}

bool ignored(const Ignore *ignore, Text path, bool is_directory) {
  for (; ignore; ignore = ignore->above) {
    if (path.len < ignore->directory.len) continue;
    Text relative = {path.at + ignore->directory.len, path.len - ignore->directory.len}, name = relative;
    for (size_t i = relative.len; i-- > 0; ) {
      if (relative.at[i] != '/') continue;
      name = (Text){relative.at + i + 1, relative.len - i - 1};
      break;
    }
    for (uint32_t i = ignore->count; i-- > 0; ) {
      const IgnoreLine *line = &ignore->lines[i];
      if (line->directories_only && !is_directory) continue;
      if (wild_match(line->pattern, line->anywhere ? name : relative)) return !line->negated;
    }
  }
  return false;
}

// One character of the pattern against one of the name; how much of the pattern it took, 0 = no match.
static size_t one(Text pattern, char c) {
  if (pattern.at[0] == '?') return c != '/';
  if (pattern.at[0] == '\\' && pattern.len > 1) return pattern.at[1] == c ? 2 : 0;
  if (pattern.at[0] != '[') return pattern.at[0] == c;
  size_t at = 1;
  bool inverted = at < pattern.len && (pattern.at[at] == '!' || pattern.at[at] == '^'), in = false;
  at += inverted;
  for (bool first = true; at < pattern.len && (first || pattern.at[at] != ']'); first = false) {
    unsigned char from = (unsigned char)pattern.at[at++], to = from;
    if (at + 1 < pattern.len && pattern.at[at] == '-' && pattern.at[at + 1] != ']') {
      to = (unsigned char)pattern.at[at + 1];
      at += 2;
    }
    in |= (unsigned char)c >= from && (unsigned char)c <= to;
  }
  if (at >= pattern.len) return c == '[';
  return in != inverted && c != '/' ? at + 1 : 0;
}

// Goes back to the last star only; a `**` is gone back to when a star within its segment cannot help.
bool wild_match(Text pattern, Text path) {
  size_t p = 0, n = 0, star = SIZE_MAX, star_n = 0, deep = SIZE_MAX, deep_n = 0;
  for (;;) {
    if (p < pattern.len && pattern.at[p] == '*') {
      if (p + 1 < pattern.len && pattern.at[p + 1] == '*') {
        while (p < pattern.len && pattern.at[p] == '*') p++;
        if (p < pattern.len && pattern.at[p] == '/') p++;
        deep = p;
        deep_n = n;
        star = SIZE_MAX;
        if (p == pattern.len) return true;
      } else {
        star = ++p;
        star_n = n;
      }
      continue;
    }
    if (n == path.len && p == pattern.len) return true;
    size_t took = n < path.len && p < pattern.len ? one((Text){pattern.at + p, pattern.len - p}, path.at[n]) : 0;
    if (took) {
      p += took;
      n++;
    } else if (star != SIZE_MAX && star_n < path.len && path.at[star_n] != '/') {
      p = star;
      n = ++star_n;
    } else if (deep != SIZE_MAX) {
      while (deep_n < path.len && path.at[deep_n] != '/') deep_n++;
      if (deep_n == path.len) return false;
      n = ++deep_n;
      p = deep;
      star = SIZE_MAX;
    } else {
      return false;
    }
  }
}
