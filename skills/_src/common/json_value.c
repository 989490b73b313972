#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

Json json_null(void) { return (Json){.kind = J_NULL}; }
Json json_bool(bool value) { return (Json){.kind = value ? J_TRUE : J_FALSE}; }
Json json_number(double value) { return (Json){.kind = J_NUMBER, .number = value}; }
Json json_string(Text value) { return (Json){.kind = J_STRING, .len = value.len, .text = value.at}; }
Text json_text(const Json *string) { return (Text){string->text, string->len}; }

const Json *json_member_text(const Json *object, Text name) {
  if (!object || object->kind != J_OBJECT) return NULL;
  for (size_t i = object->len; i-- > 0; ) {
    if (text_equal(object->members[i].name, name)) return &object->members[i].value;
  }
  return NULL;
}

const Json *json_member(const Json *object, const char *name) { return json_member_text(object, text_of(name)); }

static int by_name(const void *a, const void *b) { return text_order(((const Member *)a)->name, ((const Member *)b)->name); }

static Member *sorted_members(const Json *object) {
  Member *copy = take(object->len, sizeof *copy);
  if (object->len) memcpy(copy, object->members, object->len * sizeof *copy);
  qsort(copy, object->len, sizeof *copy, by_name);
  return copy;
}

int json_order(const Json *a, const Json *b) {
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->kind == J_NUMBER) return (a->number > b->number) - (a->number < b->number);
  if (a->kind == J_STRING) return text_order(json_text(a), json_text(b));
  if (a->kind == J_ARRAY) {
    for (size_t i = 0; i < a->len && i < b->len; i++) {
      int order = json_order(&a->items[i], &b->items[i]);
      if (order) return order;
    }
    return (a->len > b->len) - (a->len < b->len);
  }
  if (a->kind != J_OBJECT) return 0;
  Member *left = sorted_members(a), *right = sorted_members(b);
  int order = 0;
  for (size_t i = 0; order == 0 && i < a->len && i < b->len; i++) {
    order = text_order(left[i].name, right[i].name);
    if (order == 0) order = json_order(&left[i].value, &right[i].value);
  }
  free(left);
  free(right);
  return order ? order : (a->len > b->len) - (a->len < b->len);
}

bool json_equal(const Json *a, const Json *b) { return json_order(a, b) == 0; }

void json_write_string(Buf *out, Text text) {
  static const char *hex = "0123456789abcdef";
  buf_char(out, '"');
  size_t clean = 0;
  for (size_t at = 0; at < text.len; ) {
    unsigned char c = (unsigned char)text.at[at];
    size_t step = c < 0x80 ? 1 : utf8_step((Text){text.at + at, text.len - at});
    if (c >= 0x20 && c != '"' && c != '\\' && step > 0) {
      at += step;
      continue;
    }
    buf_bytes(out, text.at + clean, at - clean);
    clean = ++at;
    switch (c) {
      case '"': buf_str(out, "\\\""); break;
      case '\\': buf_str(out, "\\\\"); break;
      case '\n': buf_str(out, "\\n"); break;
      case '\t': buf_str(out, "\\t"); break;
      case '\r': buf_str(out, "\\r"); break;
      default:
        if (c < 0x20) {
          char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
          buf_bytes(out, escape, sizeof escape);
        } else {
          buf_str(out, "\xef\xbf\xbd");
        }
    }
  }
  if (text.len > clean) buf_bytes(out, text.at + clean, text.len - clean);
  buf_char(out, '"');
}

void json_write_number(Buf *out, double value) {
  if (!isfinite(value)) {
    buf_str(out, "null");
    return;
  }
  if (value == floor(value) && fabs(value) < 1e15) {
    buf_format(out, "%lld", (long long)value);
    return;
  }
  char spelling[40];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(spelling, sizeof spelling, "%.*g", precision, value);
    if (strtod(spelling, NULL) == value) break;
  }
  buf_str(out, spelling);
}

static void line_break(Buf *out, int indent, int depth) {
  if (indent == 0) return;
  buf_char(out, '\n');
  for (int i = 0; i < indent * depth; i++) buf_char(out, ' ');
}

static void write_at(Buf *out, const Json *value, int indent, bool sorted, int depth) {
  switch (value->kind) {
    case J_NULL: buf_str(out, "null"); return;
    case J_FALSE: buf_str(out, "false"); return;
    case J_TRUE: buf_str(out, "true"); return;
    case J_NUMBER:
      if (value->len) {
        buf_bytes(out, value->text, value->len);
      } else {
        json_write_number(out, value->number);
      }
      return;
    case J_STRING: json_write_string(out, json_text(value)); return;
    case J_ARRAY:
      buf_char(out, '[');
      for (size_t i = 0; i < value->len; i++) {
        if (i) buf_char(out, ',');
        line_break(out, indent, depth + 1);
        write_at(out, &value->items[i], indent, sorted, depth + 1);
      }
      if (value->len) line_break(out, indent, depth);
      buf_char(out, ']');
      return;
    case J_OBJECT: {
      Member *members = sorted ? sorted_members(value) : value->members;
      buf_char(out, '{');
      for (size_t i = 0; i < value->len; i++) {
        if (i) buf_char(out, ',');
        line_break(out, indent, depth + 1);
        json_write_string(out, members[i].name);
        buf_str(out, indent ? ": " : ":");
        write_at(out, &members[i].value, indent, sorted, depth + 1);
      }
      if (value->len) line_break(out, indent, depth);
      buf_char(out, '}');
      if (sorted) free(members);
      return;
    }
  }
}

void json_write(Buf *out, const Json *value, int indent, bool sorted) { write_at(out, value, indent, sorted, 0); }
