#include "short.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  Text source;
  size_t at;
  LanguageId language;
  char *why;
  size_t room;
  bool bad;
} Reader;

static void wrong(Reader *r, const char *format, ...) {
  if (r->bad) return;
  r->bad = true;
  va_list args;
  va_start(args, format);
  vsnprintf(r->why, r->room, format, args);
  va_end(args);
}

static int peek(const Reader *r) { return r->at < r->source.len ? (unsigned char)r->source.at[r->at] : -1; }

static void blank(Reader *r) {
  while (peek(r) == ' ' || peek(r) == '\n' || peek(r) == '\t') r->at++;
}

static bool ahead(const Reader *r, const char *text) {
  size_t len = strlen(text);
  return r->source.len - r->at >= len && memcmp(r->source.at + r->at, text, len) == 0;
}

static bool eat(Reader *r, const char *text) {
  blank(r);
  if (!ahead(r, text)) return false;
  r->at += strlen(text);
  return true;
}

static bool name_char(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '-' || c >= 0x80;
}

static Text word(Reader *r) {
  size_t from = r->at;
  while (name_char(peek(r)) && !ahead(r, "->")) r->at++;
  return (Text){r->source.at + from, r->at - from};
}

static Text delimited(Reader *r, char end) {
  size_t from = ++r->at;
  Buf text = {0};
  while (peek(r) != end) {
    if (peek(r) < 0) {
      wrong(r, "%c is never closed at character %zu", end, from);
      break;
    }
    if (peek(r) == '\\' && r->at + 1 < r->source.len) {
      if (end == '/' && r->source.at[r->at + 1] != '/') buf_char(&text, '\\');
      r->at++;
    }
    buf_char(&text, r->source.at[r->at++]);
  }
  r->at++;
  return buf_done(&text);
}

static Pattern *regex(Reader *r) {
  Text source = delimited(r, '/');
  bool fold = peek(r) == 'i';
  if (fold) r->at++;
  if (r->bad) return NULL;
  if (source.len == 0) {
    wrong(r, "an empty regular expression");
    return NULL;
  }
  return pattern_of(source, true, fold);
}

static void add_name(Segment *segment, Text name) {
  segment->names = grow(segment->names, segment->name_count + 1, sizeof *segment->names);
  segment->names[segment->name_count++] = name;
}

// A Go import path such as net/http is one name; so is a package with a minus.
static Text segment_name(Reader *r) {
  size_t from = r->at;
  for (;;) {
    int c = peek(r);
    if (ahead(r, "->")) break;
    if (name_char(c) || c == '@' || c == '!' || (c == '/' && r->at > from) || (c == '#' && r->at == from)) {
      r->at++;
      continue;
    }
    // A dot inside of a host name that a slash follows belongs to the import path.
    if (c == '.' && r->at > from) {
      size_t i = r->at + 1;
      while (i < r->source.len && (name_char((unsigned char)r->source.at[i]) || r->source.at[i] == '.')) i++;
      if (i < r->source.len && r->source.at[i] == '/' && (r->language == L_GO || r->source.at[from] == '@')) {
        r->at = i;
        continue;
      }
    }
    break;
  }
  return (Text){r->source.at + from, r->at - from};
}

static void segment(Reader *r, PathPattern *path) {
  path->segments = grow(path->segments, path->count + 1, sizeof *path->segments);
  Segment *it = &path->segments[path->count++];
  *it = (Segment){0};
  if (eat(r, "**")) {
    it->any_number = true;
    return;
  }
  if (peek(r) == '/') {
    it->regex = regex(r);
  } else if (eat(r, "*")) {
  } else if (eat(r, "[]")) {
    add_name(it, text_of("[]"));
  } else if (eat(r, "{")) {
    do {
      blank(r);
      Text name = segment_name(r);
      if (name.len == 0) {
        wrong(r, "a name is missing in {…} at character %zu", r->at + 1);
        return;
      }
      add_name(it, name);
    } while (eat(r, ","));
    if (!eat(r, "}")) wrong(r, "{ is never closed");
  } else {
    Text name = segment_name(r);
    if (name.len == 0) {
      wrong(r, "a name is missing at character %zu", r->at + 1);
      return;
    }
    add_name(it, name);
  }
  // A call in the middle of a path: () with another segment behind it.
  if (ahead(r, "().") || ahead(r, "()::") || ahead(r, "()[")) {
    r->at += 2;
    it->call = true;
  }
}

static void path(Reader *r, PathPattern *into) {
  blank(r);
  do {
    segment(r, into);
  } while (!r->bad && (eat(r, "::") || eat(r, ".")));
  if (r->language != L_JAVA) return;
  while (into->package < into->count) {
    Segment *it = &into->segments[into->package];
    if (it->name_count != 1 || !(it->names[0].at[0] >= 'a' && it->names[0].at[0] <= 'z')) break;
    into->package++;
  }
  if (into->package == into->count) into->package = 0;
}

static bool number(Reader *r, double *into) {
  size_t from = r->at;
  if (peek(r) == '-') r->at++;
  while ((peek(r) >= '0' && peek(r) <= '9') || peek(r) == '.' || peek(r) == 'x' || peek(r) == 'e' || (peek(r) >= 'a' && peek(r) <= 'f')) r->at++;
  char spelling[40] = {0};
  size_t len = r->at - from;
  if (len == 0 || len >= sizeof spelling) return false;
  memcpy(spelling, r->source.at + from, len);
  char *end;
  *into = strtod(spelling, &end);
  return *end == 0;
}

static void test(Reader *r, Test *into) {
  static const struct {
    const char *name;
    TestKind kind;
  } words[] = {{"true", K_TRUE}, {"True", K_TRUE}, {"false", K_FALSE}, {"False", K_FALSE}, {"null", K_NULL}, {"None", K_NULL},
               {"nil", K_NULL}, {"string", K_STRING}, {"empty", K_EMPTY}, {"const", K_CONST}, {"dynamic", K_DYNAMIC},
               {"concat", K_CONCAT}, {"missing", K_MISSING}, {"present", K_PRESENT}};
  blank(r);
  *into = (Test){0};
  if (peek(r) == '\'' || peek(r) == '"') {
    *into = (Test){.kind = K_TEXT, .text = delimited(r, (char)peek(r))};
  } else if (peek(r) == '/') {
    *into = (Test){.kind = K_REGEX, .regex = regex(r)};
  } else if (peek(r) == '<' || peek(r) == '>') {
    bool less = eat(r, "<"), equal;
    if (!less) eat(r, ">");
    equal = eat(r, "=");
    blank(r);
    into->kind = less ? equal ? K_LESS_EQUAL : K_LESS : equal ? K_MORE_EQUAL : K_MORE;
    if (!number(r, &into->number)) wrong(r, "a number is missing at character %zu", r->at + 1);
  } else if ((peek(r) >= '0' && peek(r) <= '9') || peek(r) == '-') {
    into->kind = K_NUMBER;
    if (!number(r, &into->number)) wrong(r, "not a number at character %zu", r->at + 1);
  } else if (eat(r, "path(")) {
    into->kind = K_PATH;
    into->path = take(1, sizeof *into->path);
    *into->path = (PathPattern){0};
    path(r, into->path);
    if (!eat(r, ")")) wrong(r, "path( is never closed");
  } else {
    Text name = word(r);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
      if (text_is(name, words[i].name)) {
        into->kind = words[i].kind;
        return;
      }
    }
    wrong(r, "a condition is missing or unknown at character %zu: %.*s", r->at - name.len + 1, (int)name.len, name.at);
  }
}

static Condition condition(Reader *r) {
  Condition it = {0};
  it.negated = eat(r, "!");
  do {
    it.tests = grow(it.tests, it.count + 1, sizeof *it.tests);
    test(r, &it.tests[it.count++]);
  } while (!r->bad && eat(r, "|"));
  return it;
}

static void keys(Reader *r, Selector *into) {
  while (peek(r) == '.') {
    r->at++;
    into->keys = grow(into->keys, into->key_count + 1, sizeof *into->keys);
    into->keys[into->key_count] = word(r);
    if (into->keys[into->key_count++].len == 0) wrong(r, "a key is missing at character %zu", r->at + 1);
  }
}

static void selector(Reader *r, Selector *into) {
  blank(r);
  *into = (Selector){.from = ARG_NAMED};
  if (eat(r, "*")) {
    into->from = ARG_ALL;
  } else {
    Text name = word(r);
    if (name.len == 0) {
      wrong(r, "an argument is missing at character %zu", r->at + 1);
      return;
    }
    if (name.at[0] >= '0' && name.at[0] <= '9') {
      into->from = (int16_t)atoi(text_zero(name));
      into->onwards = eat(r, "+");
    } else if (text_is(name, "this")) {
      into->from = ARG_THIS;
    } else if (text_is(name, "result")) {
      into->from = ARG_RESULT;
    } else {
      into->keyword = name;
    }
  }
  keys(r, into);
  if (peek(r) == '|') {
    r->at++;
    into->keyword = word(r);
  }
}

static Item *new_item(Short *it) {
  it->items = grow(it->items, it->item_count + 1, sizeof *it->items);
  Item *item = &it->items[it->item_count++];
  *item = (Item){0};
  return item;
}

static void count_item(Reader *r, Short *it) {
  bool less = eat(r, "<"), more = !less && eat(r, ">"), equal = eat(r, "=");
  double count = 0;
  if (!number(r, &count)) wrong(r, "a number is missing behind #");
  it->count_test = (int16_t)(1 + (less ? equal ? K_LESS_EQUAL : K_LESS : more ? equal ? K_MORE_EQUAL : K_MORE : K_NUMBER));
  it->count = (int16_t)count;
}

static void arguments(Reader *r, Short *it) {
  if (eat(r, ")")) return;
  do {
    blank(r);
    if (eat(r, "#")) {
      count_item(r, it);
      continue;
    }
    if (eat(r, "->")) {
      it->moves = true;
      selector(r, &it->target);
      continue;
    }
    Item *item = new_item(it);
    selector(r, &item->selector);
    if (eat(r, "->")) {
      it->moves = true;
      selector(r, &it->target);
    } else if (eat(r, ":")) {
      item->has_condition = true;
      item->condition = condition(r);
    }
  } while (!r->bad && eat(r, ","));
  if (!eat(r, ")")) wrong(r, "( is never closed: stopped at character %zu", r->at + 1);
}

static void literal(Reader *r, Short *it) {
  it->form = S_LITERAL;
  do {
    Item *item = new_item(it);
    blank(r);
    if (peek(r) == '/') {
      item->key_regex = regex(r);
    } else if (peek(r) == '\'' || peek(r) == '"') {
      item->selector.keyword = delimited(r, (char)peek(r));
    } else {
      item->selector.keyword = word(r);
      if (item->selector.keyword.len == 0) wrong(r, "a key is missing at character %zu", r->at + 1);
    }
    if (!eat(r, ":")) wrong(r, "a key is followed by : at character %zu", r->at + 1);
    blank(r);
    if (peek(r) != ',' && peek(r) != '}') {
      item->has_condition = true;
      item->condition = condition(r);
    }
  } while (!r->bad && eat(r, ","));
  if (!eat(r, "}")) wrong(r, "{ is never closed: stopped at character %zu", r->at + 1);
}

static void parameter(Reader *r, Short *it) {
  it->form = eat(r, "of ") ? S_PARAM_OF : S_PARAM;
  if (eat(r, "@") && it->form == S_PARAM) it->form = S_PARAM_MARKED;
  path(r, &it->path);
  if (!eat(r, ")")) wrong(r, "param( is never closed");
}

// A leading { is a literal if a key and a colon follow, and a choice of names otherwise.
static bool literal_ahead(const Reader *r) {
  size_t i = r->at + 1;
  while (i < r->source.len && r->source.at[i] != '}' && r->source.at[i] != ',') {
    if (r->source.at[i] == ':') return true;
    i++;
  }
  return false;
}

Short *short_read(Text source, LanguageId language, char *why, size_t room) {
  Reader r = {source, 0, language, why, room, false};
  Short *it = take(1, sizeof *it);
  *it = (Short){.form = S_READ};
  blank(&r);
  if (eat(&r, "param(")) {
    parameter(&r, it);
  } else if (peek(&r) == '{' && literal_ahead(&r)) {
    eat(&r, "{");
    literal(&r, it);
  } else {
    bool fresh = eat(&r, "new ");
    it->has_path = true;
    path(&r, &it->path);
    blank(&r);
    if (r.bad) return NULL;
    if (eat(&r, "(")) {
      it->form = fresh ? S_NEW : S_CALL;
      arguments(&r, it);
    } else if (fresh) {
      wrong(&r, "new is followed by a path and (");
    } else if (peek(&r) == '{') {
      eat(&r, "{");
      literal(&r, it);
    } else if (eat(&r, "=")) {
      it->form = S_ASSIGN;
      blank(&r);
      if (peek(&r) >= 0) {
        it->has_condition = true;
        it->condition = condition(&r);
      }
    }
  }
  blank(&r);
  if (!r.bad && r.at < source.len) wrong(&r, "not understood from character %zu on: %.*s", r.at + 1, (int)(source.len - r.at > 60 ? 60 : source.len - r.at), source.at + r.at);
  return r.bad ? NULL : it;
}

static bool segment_matches(const Segment *segment, const Path *path, bool last) {
  // Whether the last segment is called is the form's business.
  if (!last && segment->call != path->call) return false;
  if (last && path->call != segment->call) return false;
  if (segment->regex) {
    Match match;
    return pattern_find(segment->regex, path->name, 0, &match);
  }
  if (segment->name_count == 0) return true;
  for (uint32_t i = 0; i < segment->name_count; i++) {
    if (text_equal(segment->names[i], path->name)) return true;
  }
  return false;
}

// `count` segments are still to match, from the last one on; `budget` bounds what several ** cost.
static bool match_from(const PathPattern *pattern, uint32_t count, const Path *path, bool last, int *budget) {
  while (count > 0) {
    if (--*budget < 0) return false;
    const Segment *segment = &pattern->segments[count - 1];
    if (segment->any_number) {
      for (const Path *at = path;; at = at->base) {
        if (match_from(pattern, count - 1, at, false, budget)) return true;
        if (!at) return false;
      }
    }
    if (!path || !segment_matches(segment, path, last)) {
      return false;
    }
    if (!path->base && path->unknown && count - 1 > 0 && count - 1 == pattern->package) return true;
    path = path->base;
    last = false;
    count--;
  }
  return path == NULL;
}

bool path_matches(const PathPattern *pattern, const Path *path) {
  int budget = 400;
  return path && match_from(pattern, pattern->count, path, true, &budget);
}

static bool test_holds(const Test *test, const Value *value, bool there) {
  if (test->kind == K_MISSING) return !there;
  if (!there) return false;
  bool text = value->constant == C_TEXT, numeric = value->constant == C_NUMBER;
  Match match;
  switch (test->kind) {
    case K_TEXT: return text && text_equal(value->text, test->text);
    case K_NUMBER: return numeric && value->number == test->number;
    case K_TRUE: return value->constant == C_TRUE;
    case K_FALSE: return value->constant == C_FALSE;
    case K_NULL: return value->constant == C_NULL;
    case K_LESS: return numeric && value->number < test->number;
    case K_LESS_EQUAL: return numeric && value->number <= test->number;
    case K_MORE: return numeric && value->number > test->number;
    case K_MORE_EQUAL: return numeric && value->number >= test->number;
    case K_REGEX: return text && pattern_find(test->regex, value->text, 0, &match);
    case K_STRING: return text;
    case K_EMPTY: return text && value->text.len == 0;
    case K_CONST: return value->constant != C_NONE;
    case K_DYNAMIC: return value->constant == C_NONE && !value->literal && !value->function;
    case K_CONCAT: return value->built;
    case K_PRESENT: return true;
    case K_PATH: return path_matches(test->path, value->path) || path_matches(test->path, value->other);
    case K_MISSING: return false;
  }
  return false;
}

bool condition_holds(const Condition *condition, const Value *value, bool there) {
  for (uint32_t i = 0; i < condition->count; i++) {
    if (test_holds(&condition->tests[i], value, there)) return !condition->negated;
  }
  return condition->negated;
}

size_t short_last_names(const Short *it, Text **names) {
  *names = NULL;
  if (it->path.count == 0) return 0;
  const Segment *last = &it->path.segments[it->path.count - 1];
  if (last->any_number) return 0;
  *names = last->names;
  return last->name_count;
}
