#include <stdlib.h>
#include <string.h>

#include "query.h"

typedef struct {
  Text source;
  size_t at;
  int depth;
} Parser;

static _Noreturn void expected(const Parser *p, const char *what) {
  fail("the query is wrong at character %zu: expected %s", p->at + 1, what);
}

static Node *node(NodeKind kind, Node *left, Node *right) {
  Node *made = take(1, sizeof *made);
  *made = (Node){.kind = kind, .left = left, .right = right};
  return made;
}

static int peek(Parser *p) {
  while (p->at < p->source.len && memchr(" \t\r\n", p->source.at[p->at], 4)) p->at++;
  return p->at < p->source.len ? (unsigned char)p->source.at[p->at] : -1;
}

static bool letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool digit(int c) { return c >= '0' && c <= '9'; }

// Takes the token if it stands here; a word only if no letter goes on behind it.
static bool take_token(Parser *p, const char *token) {
  size_t len = strlen(token);
  peek(p);
  if (p->source.len - p->at < len || memcmp(p->source.at + p->at, token, len) != 0) return false;
  int next = p->at + len < p->source.len ? (unsigned char)p->source.at[p->at + len] : -1;
  if (letter(token[0]) && (letter(next) || digit(next))) return false;
  p->at += len;
  return true;
}

static void need(Parser *p, const char *token) {
  if (!take_token(p, token)) expected(p, token);
}

static Text word(Parser *p) {
  size_t start = p->at;
  while (p->at < p->source.len && (letter(p->source.at[p->at]) || digit(p->source.at[p->at]))) p->at++;
  return (Text){p->source.at + start, p->at - start};
}

// A JSON string or number, read by the JSON reader itself.
static Json scalar(Parser *p) {
  size_t start = p->at, end = start;
  if (p->source.at[start] == '"') {
    for (end = start + 1; end < p->source.len && p->source.at[end] != '"'; end++) end += p->source.at[end] == '\\';
    end++;
  } else {
    while (end < p->source.len && (digit(p->source.at[end]) || memchr(".eE", p->source.at[end], 3) ||
                                   (memchr("+-", p->source.at[end], 2) && memchr("eE", p->source.at[end - 1], 2)))) {
      end++;
    }
  }
  if (end > p->source.len) expected(p, "a closing quote");
  Json value;
  JsonError error = json_read((Text){p->source.at + start, end - start}, &value);
  if (error.why) expected(p, "a JSON string or number");
  p->at = end;
  return value;
}

static Node *parse_pipe(Parser *p);

static Node *literal(Json value) {
  Node *made = node(N_LITERAL, NULL, NULL);
  made->literal = value;
  return made;
}

static Node *field(Parser *p, Node *of) {
  Node *made = node(N_FIELD, of, NULL);
  int c = p->at < p->source.len ? (unsigned char)p->source.at[p->at] : -1;
  if (c == '"') {
    Json name = scalar(p);
    made->name = json_text(&name);
  } else if (letter(c)) {
    made->name = word(p);
  } else {
    expected(p, "a member's name");
  }
  return made;
}

static Node *bracket(Parser *p, Node *of) {
  if (take_token(p, "]")) return node(N_EACH, of, NULL);
  Node *from = peek(p) == ':' ? NULL : parse_pipe(p);
  Node *made;
  if (take_token(p, ":")) {
    Node *to = peek(p) == ']' ? NULL : parse_pipe(p);
    made = node(N_SLICE, of, from);
    made->third = to;
  } else {
    made = node(N_INDEX, of, from);
  }
  need(p, "]");
  return made;
}

static Node *suffixes(Parser *p, Node *of) {
  for (;;) {
    peek(p);
    if (take_token(p, "?")) {
      if (of->kind != N_FIELD && of->kind != N_INDEX && of->kind != N_SLICE && of->kind != N_EACH) {
        expected(p, "? only behind a path like .name or [0]");
      }
      of->quiet = true;
    } else if (take_token(p, "[")) {
      of = bracket(p, of);
    } else if (p->at + 1 < p->source.len && p->source.at[p->at] == '.' &&
               (letter(p->source.at[p->at + 1]) || p->source.at[p->at + 1] == '"' || p->source.at[p->at + 1] == '[')) {
      p->at++;
      of = p->source.at[p->at] == '[' ? (p->at++, bracket(p, of)) : field(p, of);
    } else {
      return of;
    }
  }
}

static void push(Node *list, size_t *room, Node *item) {
  if (list->count == *room) list->list = grow(list->list, *room = *room ? *room * 2 : 4, sizeof *list->list);
  list->list[list->count++] = item;
}

static Node *parse_else(Parser *p);

static Node *object(Parser *p) {
  Node *made = node(N_OBJECT, NULL, NULL);
  size_t room = 0;
  if (take_token(p, "}")) return made;
  do {
    int c = peek(p);
    Node *key, *value = NULL;
    if (c == '(') {
      p->at++;
      key = parse_pipe(p);
      need(p, ")");
    } else if (c == '"') {
      key = literal(scalar(p));
    } else if (letter(c)) {
      key = literal(json_string(word(p)));
    } else {
      expected(p, "a member's name, a string or a query in parentheses");
    }
    if (take_token(p, ":")) {
      value = parse_else(p);
    } else {
      if (key->kind != N_LITERAL) expected(p, ":");
      value = node(N_FIELD, node(N_IDENTITY, NULL, NULL), NULL);
      value->name = json_text(&key->literal);
    }
    push(made, &room, key);
    push(made, &room, value);
  } while (take_token(p, ","));
  need(p, "}");
  return made;
}

static Node *call(Parser *p) {
  Node *made = node(N_CALL, NULL, NULL);
  size_t room = 0, start = p->at;
  made->name = word(p);
  if (text_is(made->name, "true")) return literal(json_bool(true));
  if (text_is(made->name, "false")) return literal(json_bool(false));
  if (text_is(made->name, "null")) return literal(json_null());
  if (take_token(p, "(")) {
    do push(made, &room, parse_pipe(p));
    while (take_token(p, ";"));
    need(p, ")");
  }
  if (!function_known(made->name, made->count)) {
    p->at = start;
    expected(p, "a function that exists, with the number of arguments that it takes");
  }
  return made;
}

static Node *term(Parser *p) {
  int c = peek(p);
  if (c == '(') {
    p->at++;
    Node *inner = parse_pipe(p);
    need(p, ")");
    return inner;
  }
  if (c == '[') {
    p->at++;
    Node *made = node(N_ARRAY, peek(p) == ']' ? NULL : parse_pipe(p), NULL);
    need(p, "]");
    return made;
  }
  if (c == '{') {
    p->at++;
    return object(p);
  }
  if (c == '-') {
    p->at++;
    if (++p->depth > QUERY_MAX_DEPTH) fail("the query is nested too deeply");
    Node *negated = node(N_NEGATE, suffixes(p, term(p)), NULL);
    p->depth--;
    return negated;
  }
  if (c == '"' || digit(c)) return literal(scalar(p));
  if (letter(c)) return call(p);
  if (c != '.') expected(p, "a value, a path or a function");
  p->at++;
  int next = p->at < p->source.len ? (unsigned char)p->source.at[p->at] : -1;
  if (next == '.') {
    p->at++;
    return node(N_RECURSE, NULL, NULL);
  }
  Node *self = node(N_IDENTITY, NULL, NULL);
  return letter(next) || next == '"' ? field(p, self) : self;
}

static Node *binary(NodeKind kind, const char *operator, Node *left, Node *right) {
  Node *made = node(kind, left, right);
  made->name = text_of(operator);
  return made;
}

static Node *parse_times(Parser *p) {
  Node *left = suffixes(p, term(p));
  for (;;) {
    static const char *operators[] = {"*", "/", "%"};
    const char *found = NULL;
    peek(p);
    bool alternative = p->source.len - p->at >= 2 && memcmp(p->source.at + p->at, "//", 2) == 0;
    for (int i = 0; i < 3 && !found && !alternative; i++) found = take_token(p, operators[i]) ? operators[i] : NULL;
    if (!found) return left;
    left = binary(N_ARITHMETIC, found, left, suffixes(p, term(p)));
  }
}

static Node *parse_plus(Parser *p) {
  Node *left = parse_times(p);
  for (;;) {
    const char *found = take_token(p, "+") ? "+" : take_token(p, "-") ? "-" : NULL;
    if (!found) return left;
    left = binary(N_ARITHMETIC, found, left, parse_times(p));
  }
}

static Node *parse_compare(Parser *p) {
  static const char *operators[] = {"==", "!=", "<=", ">=", "<", ">"};
  Node *left = parse_plus(p);
  for (int i = 0; i < 6; i++) {
    if (take_token(p, operators[i])) return binary(N_COMPARE, operators[i], left, parse_plus(p));
  }
  return left;
}

static Node *parse_and(Parser *p) {
  Node *left = parse_compare(p);
  while (take_token(p, "and")) left = node(N_AND, left, parse_compare(p));
  return left;
}

static Node *parse_or(Parser *p) {
  Node *left = parse_and(p);
  while (take_token(p, "or")) left = node(N_OR, left, parse_and(p));
  return left;
}

static Node *parse_else(Parser *p) {
  Node *left = parse_or(p);
  while (take_token(p, "//")) left = node(N_ELSE, left, parse_or(p));
  return left;
}

static Node *parse_comma(Parser *p) {
  Node *left = parse_else(p);
  while (take_token(p, ",")) left = node(N_COMMA, left, parse_else(p));
  return left;
}

static Node *parse_pipe(Parser *p) {
  if (++p->depth > QUERY_MAX_DEPTH) fail("the query is nested too deeply");
  Node *left = parse_comma(p);
  while (take_token(p, "|")) left = node(N_PIPE, left, parse_comma(p));
  p->depth--;
  return left;
}

Node *query_parse(Text source) {
  Parser p = {source, 0, 0};
  if (source.len > QUERY_MAX_BYTES) fail("the query is longer than %d bytes", QUERY_MAX_BYTES);
  if (peek(&p) < 0) return node(N_IDENTITY, NULL, NULL);
  Node *query = parse_pipe(&p);
  if (peek(&p) >= 0) expected(&p, "the end of the query");
  return query;
}
