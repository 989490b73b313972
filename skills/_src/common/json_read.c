#include <stdlib.h>
#include <string.h>

#include "json.h"

typedef struct {
  Text source;
  size_t at;
  const char *why;
} Reader;

static bool bad(Reader *r, const char *why) {
  if (!r->why) r->why = why;
  return false;
}

static void skip_space(Reader *r) {
  while (r->at < r->source.len) {
    char c = r->source.at[r->at];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    r->at++;
  }
}

static int peek(const Reader *r) { return r->at < r->source.len ? (unsigned char)r->source.at[r->at] : -1; }

static int hex4(const Reader *r, size_t at) {
  if (r->source.len - at < 4 || at > r->source.len) return -1;
  int value = 0;
  for (size_t i = 0; i < 4; i++) {
    char c = r->source.at[at + i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

static void put_point(Buf *out, uint32_t point) {
  if (point < 0x80) {
    buf_char(out, (char)point);
  } else if (point < 0x800) {
    buf_char(out, (char)(0xc0 | point >> 6));
    buf_char(out, (char)(0x80 | (point & 0x3f)));
  } else if (point < 0x10000) {
    buf_char(out, (char)(0xe0 | point >> 12));
    buf_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
    buf_char(out, (char)(0x80 | (point & 0x3f)));
  } else {
    buf_char(out, (char)(0xf0 | point >> 18));
    buf_char(out, (char)(0x80 | (point >> 12 & 0x3f)));
    buf_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
    buf_char(out, (char)(0x80 | (point & 0x3f)));
  }
}

static bool read_escape(Reader *r, Buf *out) {
  int c = peek(r);
  r->at++;
  switch (c) {
    case '"': case '\\': case '/': buf_char(out, (char)c); return true;
    case 'b': buf_char(out, '\b'); return true;
    case 'f': buf_char(out, '\f'); return true;
    case 'n': buf_char(out, '\n'); return true;
    case 'r': buf_char(out, '\r'); return true;
    case 't': buf_char(out, '\t'); return true;
    case 'u': break;
    default: r->at--; return bad(r, "an escape that JSON does not have");
  }
  int unit = hex4(r, r->at);
  if (unit < 0) return bad(r, "\\u needs four hexadecimal digits");
  r->at += 4;
  uint32_t point = (uint32_t)unit;
  if (unit >= 0xd800 && unit <= 0xdbff && r->source.len - r->at >= 6 && r->source.at[r->at] == '\\' &&
      r->source.at[r->at + 1] == 'u') {
    int low = hex4(r, r->at + 2);
    if (low >= 0xdc00 && low <= 0xdfff) {
      point = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
      r->at += 6;
    }
  }
  put_point(out, point >= 0xd800 && point <= 0xdfff ? 0xfffd : point);
  return true;
}

static bool read_string(Reader *r, Text *into) {
  size_t start = ++r->at;
  Buf decoded = {0};
  bool escaped = false;
  for (;;) {
    int c = peek(r);
    if (c < 0) return bad(r, "a string without its closing quote");
    if (c < 0x20) return bad(r, "a control character inside a string");
    if (c == '"') break;
    if (c == '\\') {
      if (!escaped) buf_bytes(&decoded, r->source.at + start, r->at - start);
      escaped = true;
      r->at++;
      if (!read_escape(r, &decoded)) return false;
      continue;
    }
    size_t step = utf8_step((Text){r->source.at + r->at, r->source.len - r->at});
    if (step == 0) return bad(r, "bytes that are not UTF-8");
    if (escaped) buf_bytes(&decoded, r->source.at + r->at, step);
    r->at += step;
  }
  *into = escaped ? buf_done(&decoded) : (Text){r->source.at + start, r->at - start};
  r->at++;
  return true;
}

static bool digits(Reader *r) {
  size_t start = r->at;
  while (peek(r) >= '0' && peek(r) <= '9') r->at++;
  return r->at > start;
}

static bool read_number(Reader *r, Json *into) {
  size_t start = r->at;
  if (peek(r) == '-') r->at++;
  if (peek(r) == '0') {
    r->at++;
  } else if (!digits(r)) {
    return bad(r, "a number needs a digit here");
  }
  if (peek(r) == '.') {
    r->at++;
    if (!digits(r)) return bad(r, "a number needs a digit behind its point");
  }
  if (peek(r) == 'e' || peek(r) == 'E') {
    r->at++;
    if (peek(r) == '+' || peek(r) == '-') r->at++;
    if (!digits(r)) return bad(r, "a number needs a digit in its exponent");
  }
  size_t len = r->at - start;
  char spelling[64];
  char *copy = len < sizeof spelling ? spelling : take(len + 1, 1);
  memcpy(copy, r->source.at + start, len);
  copy[len] = 0;
  *into = (Json){.kind = J_NUMBER, .len = len, .number = strtod(copy, NULL), .text = r->source.at + start};
  if (copy != spelling) free(copy);
  return true;
}

static bool read_word(Reader *r, const char *word, JsonKind kind, Json *into) {
  size_t len = strlen(word);
  if (r->source.len - r->at < len || memcmp(r->source.at + r->at, word, len) != 0) {
    return bad(r, "a value was expected: an object, array, string, number, true, false or null");
  }
  r->at += len;
  *into = (Json){.kind = kind};
  return true;
}

static bool read_value(Reader *r, Json *into, int depth);

static bool read_array(Reader *r, Json *into, int depth) {
  Json *items = NULL;
  size_t len = 0, room = 0;
  r->at++;
  skip_space(r);
  if (peek(r) == ']') {
    r->at++;
  } else {
    for (;;) {
      if (len == room) items = grow(items, room = room ? room * 2 : 4, sizeof *items);
      if (!read_value(r, &items[len], depth)) return false;
      len++;
      skip_space(r);
      int c = peek(r);
      if (c != ',' && c != ']') return bad(r, "a comma or ] was expected");
      r->at++;
      if (c == ']') break;
    }
  }
  *into = (Json){.kind = J_ARRAY, .len = len, .items = items};
  return true;
}

static bool read_object(Reader *r, Json *into, int depth) {
  Member *members = NULL;
  size_t len = 0, room = 0;
  r->at++;
  skip_space(r);
  if (peek(r) == '}') {
    r->at++;
  } else {
    for (;;) {
      skip_space(r);
      if (peek(r) != '"') return bad(r, "a member's name in quotes was expected");
      if (len == room) members = grow(members, room = room ? room * 2 : 4, sizeof *members);
      if (!read_string(r, &members[len].name)) return false;
      skip_space(r);
      if (peek(r) != ':') return bad(r, "a colon was expected");
      r->at++;
      if (!read_value(r, &members[len].value, depth)) return false;
      len++;
      skip_space(r);
      int c = peek(r);
      if (c != ',' && c != '}') return bad(r, "a comma or } was expected");
      r->at++;
      if (c == '}') break;
    }
  }
  *into = (Json){.kind = J_OBJECT, .len = len, .members = members};
  return true;
}

static bool read_value(Reader *r, Json *into, int depth) {
  skip_space(r);
  int c = peek(r);
  if (c < 0) return bad(r, "the text ends where a value was expected");
  if ((c == '{' || c == '[') && depth >= JSON_MAX_DEPTH) return bad(r, "nested too deeply (more than 256 levels)");
  if (c == '{') return read_object(r, into, depth + 1);
  if (c == '[') return read_array(r, into, depth + 1);
  if (c == '"') {
    Text text;
    if (!read_string(r, &text)) return false;
    *into = json_string(text);
    return true;
  }
  if (c == '-' || (c >= '0' && c <= '9')) return read_number(r, into);
  if (c == 't') return read_word(r, "true", J_TRUE, into);
  if (c == 'f') return read_word(r, "false", J_FALSE, into);
  return read_word(r, "null", J_NULL, into);
}

JsonError json_read(Text source, Json *into) {
  Reader r = {source, 0, NULL};
  *into = json_null();
  if (read_value(&r, into, 0)) {
    skip_space(&r);
    if (r.at < source.len) bad(&r, "text behind the value");
  }
  JsonError error = {r.why, r.at, 1, 1};
  for (size_t i = 0; r.why && i < r.at && i < source.len; i++) {
    error.column++;
    if (source.at[i] == '\n') {
      error.line++;
      error.column = 1;
    }
  }
  return error;
}
