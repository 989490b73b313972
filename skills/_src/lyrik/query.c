#include "query.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NESTING 60
#define STEPS_EACH 20000

typedef enum { Q_NODE, Q_EITHER, Q_GROUP } QKind;

typedef struct Item Item;
struct Item {
  QKind kind;
  uint16_t *symbols;  // none: any node (named, if `named`)
  uint32_t symbol_count;
  bool named, only_error;
  uint16_t field;       // 0 = any
  char quantifier;      // 0 ? * +
  bool anchored;        // nothing named between it and the one before
  bool last_anchored;   // nothing named behind its last child
  uint32_t captures;    // bits
  Item *items;          // children, alternatives, members of a group
  uint32_t item_count;
  uint16_t *absent;     // negated fields
  uint32_t absent_count;
};

typedef enum { P_EQ, P_MATCH, P_ANY_OF, P_INSIDE, P_PATH, P_CONST } PredicateKind;

typedef struct {
  PredicateKind kind;
  bool negated;
  int left, right;  // captures; right -1 = the texts
  Text *texts;
  uint32_t text_count;
  Pattern *regex;
} Predicate;

typedef struct {
  Item item;
  Predicate *predicates;
  uint32_t predicate_count;
} Top;

struct Query {
  Language *language;
  Top *tops;
  uint32_t top_count;
  Text names[QUERY_CAPTURES];
  int name_count;
};

typedef struct {
  Query *query;
  Top *top;
  Text source;
  size_t at;
  int depth;
  char *why;
  size_t room;
  bool bad;
} Reader;

static void wrong(Reader *r, const char *format, ...) {
  if (r->bad) return;
  r->bad = true;
  size_t line = 1;
  for (size_t i = 0; i < r->at && i < r->source.len; i++) line += r->source.at[i] == '\n';
  int used = snprintf(r->why, r->room, "query, line %zu: ", line);
  va_list args;
  va_start(args, format);
  vsnprintf(r->why + used, r->room - (size_t)used, format, args);
  va_end(args);
}

static int peek(const Reader *r) { return r->at < r->source.len ? (unsigned char)r->source.at[r->at] : -1; }

static void blank(Reader *r) {
  for (;;) {
    int c = peek(r);
    if (c == ';') {
      while (peek(r) >= 0 && peek(r) != '\n') r->at++;
    } else if (c == ' ' || c == '\n' || c == '\t') {
      r->at++;
    } else {
      return;
    }
  }
}

static bool word_char(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '?' || c == '!';
}

static Text word(Reader *r, bool predicate) {
  size_t from = r->at;
  while (word_char(peek(r)) && (predicate || (peek(r) != '?' && peek(r) != '!' && peek(r) != '.' && peek(r) != '-'))) r->at++;
  return (Text){r->source.at + from, r->at - from};
}

static Text quoted(Reader *r) {
  Buf text = {0};
  r->at++;
  while (peek(r) != '"') {
    if (peek(r) < 0) {
      wrong(r, "a text is never closed");
      return text_of("");
    }
    if (peek(r) == '\\' && r->at + 1 < r->source.len) {
      r->at++;
      char c = r->source.at[r->at++];
      buf_char(&text, c == 'n' ? '\n' : c == 't' ? '\t' : c);
      continue;
    }
    buf_char(&text, r->source.at[r->at++]);
  }
  r->at++;
  buf_char(&text, 0);
  return (Text){text.at, text.len - 1};
}

static int capture(Reader *r, Text name) {
  Query *q = r->query;
  for (int i = 0; i < q->name_count; i++) {
    if (text_equal(q->names[i], name)) return i;
  }
  if (q->name_count == QUERY_CAPTURES) {
    wrong(r, "more than %d captures", QUERY_CAPTURES);
    return 0;
  }
  q->names[q->name_count] = name;
  return q->name_count++;
}

// Every symbol with the name: a grammar may have several, by alias.
static void symbols_of(Reader *r, Text name, bool named, Item *into) {
  const Language *language = r->query->language;
  for (uint32_t i = 0; i < language->symbols; i++) {
    TSSymbolType type = ts_language_symbol_type(language->grammar, (TSSymbol)i);
    if (type != (named ? TSSymbolTypeRegular : TSSymbolTypeAnonymous) || !text_is(name, ts_language_symbol_name(language->grammar, (TSSymbol)i))) continue;
    into->symbols = grow(into->symbols, into->symbol_count + 1, sizeof *into->symbols);
    into->symbols[into->symbol_count++] = (uint16_t)i;
  }
  // A supertype stands for its subtypes.
  if (into->symbol_count) return;
  TSSymbol super = ts_language_symbol_for_name(language->grammar, name.at, (uint32_t)name.len, named);
  uint32_t count = 0;
  const TSSymbol *subtypes = super ? ts_language_subtypes(language->grammar, super, &count) : NULL;
  for (uint32_t i = 0; i < count; i++) {
    into->symbols = grow(into->symbols, into->symbol_count + 1, sizeof *into->symbols);
    into->symbols[into->symbol_count++] = subtypes[i];
  }
  if (into->symbol_count == 0) wrong(r, "%s has no node %.*s", language->name, (int)name.len, name.at);
}

static uint16_t field_of(Reader *r, Text name) {
  if (!ts_language_field_id_for_name(r->query->language->grammar, name.at, (uint32_t)name.len)) {
    wrong(r, "%s has no field %.*s", r->query->language->name, (int)name.len, name.at);
  }
  return field_number(name);
}

static void predicate(Reader *r) {
  static const struct {
    const char *name;
    PredicateKind kind;
  } known[] = {{"eq?", P_EQ}, {"match?", P_MATCH}, {"any-of?", P_ANY_OF}, {"inside?", P_INSIDE}, {"path?", P_PATH}, {"const?", P_CONST}};
  r->at++;
  Text name = word(r, true), rest = name;
  Predicate it = {.right = -1};
  if (rest.len > 4 && memcmp(rest.at, "not-", 4) == 0) {
    it.negated = true;
    rest = (Text){rest.at + 4, rest.len - 4};
  }
  size_t i = 0;
  while (i < sizeof known / sizeof *known && !text_is(rest, known[i].name)) i++;
  if (i == sizeof known / sizeof *known) {
    wrong(r, "there is no predicate #%.*s", (int)name.len, name.at);
    return;
  }
  it.kind = known[i].kind;
  blank(r);
  if (peek(r) != '@') {
    wrong(r, "#%.*s wants a capture first", (int)name.len, name.at);
    return;
  }
  r->at++;
  it.left = capture(r, word(r, true));
  for (blank(r); peek(r) >= 0 && peek(r) != ')' && !r->bad; blank(r)) {
    if (peek(r) == '@') {
      r->at++;
      it.right = capture(r, word(r, true));
      continue;
    }
    if (peek(r) != '"') {
      wrong(r, "#%.*s wants texts in double quotes", (int)name.len, name.at);
      return;
    }
    it.texts = grow(it.texts, it.text_count + 1, sizeof *it.texts);
    it.texts[it.text_count++] = quoted(r);
  }
  r->at++;
  if (it.kind == P_MATCH && it.text_count == 1 && it.texts[0].len) {
    Text source = it.texts[0];
    bool fold = source.len > 4 && memcmp(source.at, "(?i)", 4) == 0;
    if (fold) source = (Text){source.at + 4, source.len - 4};
    it.regex = pattern_of(source, true, fold);
  }
  if (it.right < 0 && it.text_count == 0 && it.kind != P_CONST) wrong(r, "#%.*s wants something to compare with", (int)name.len, name.at);
  if (it.kind == P_MATCH && !it.regex) wrong(r, "#match? wants one regular expression");
  Top *top = r->top;
  top->predicates = grow(top->predicates, top->predicate_count + 1, sizeof *top->predicates);
  top->predicates[top->predicate_count++] = it;
}

static bool item(Reader *r, Item *into);

static void items(Reader *r, Item *parent, char end) {
  bool anchor = false;
  for (blank(r); peek(r) != end; blank(r)) {
    if (r->bad) return;
    if (peek(r) < 0) {
      wrong(r, "%c is missing", end);
      return;
    }
    if (peek(r) == '.') {
      r->at++;
      anchor = true;
      continue;
    }
    if (peek(r) == '!') {
      r->at++;
      parent->absent = grow(parent->absent, parent->absent_count + 1, sizeof *parent->absent);
      parent->absent[parent->absent_count++] = field_of(r, word(r, false));
      continue;
    }
    if (peek(r) == '(' && r->at + 1 < r->source.len && r->source.at[r->at + 1] == '#') {
      r->at++;
      predicate(r);
      continue;
    }
    Item child;
    if (!item(r, &child)) return;
    child.anchored = anchor;
    anchor = false;
    parent->items = grow(parent->items, parent->item_count + 1, sizeof *parent->items);
    parent->items[parent->item_count++] = child;
  }
  r->at++;
  parent->last_anchored = anchor;
}

static void node(Reader *r, Item *into) {
  r->at++;
  blank(r);
  if (peek(r) == '(' || peek(r) == '[' || peek(r) == '"') {
    into->kind = Q_GROUP;
    items(r, into, ')');
    return;
  }
  Text name = word(r, false);
  into->named = true;
  if (text_is(name, "ERROR")) {
    into->only_error = true;
  } else if (name.len && !text_is(name, "_")) {
    symbols_of(r, name, true, into);
  } else if (name.len == 0) {
    wrong(r, "the name of a node is missing");
  }
  if (peek(r) == '/') {
    r->at++;
    into->symbol_count = 0;
    symbols_of(r, word(r, false), true, into);
  }
  items(r, into, ')');
}

static bool item(Reader *r, Item *into) {
  *into = (Item){.kind = Q_NODE};
  if (++r->depth > MAX_NESTING) wrong(r, "nested too deeply");
  blank(r);
  size_t before = r->at;
  Text name = word(r, false);
  blank(r);
  if (name.len && peek(r) == ':') {
    r->at++;
    blank(r);
    Item inner;
    if (!item(r, &inner)) return false;
    inner.field = field_of(r, name);
    *into = inner;
    r->depth--;
    return !r->bad;
  }
  if (text_is(name, "_")) {
  } else {
    r->at = before;
    if (peek(r) == '(') {
      node(r, into);
    } else if (peek(r) == '[') {
      into->kind = Q_EITHER;
      r->at++;
      items(r, into, ']');
    } else if (peek(r) == '"') {
      symbols_of(r, quoted(r), false, into);
    } else {
      wrong(r, "a node is missing before %.10s", r->at < r->source.len ? r->source.at + r->at : "the end");
    }
  }
  for (blank(r); !r->bad; blank(r)) {
    if (peek(r) == '@') {
      r->at++;
      into->captures |= 1u << capture(r, word(r, true));
    } else if (peek(r) == '*' || peek(r) == '+' || peek(r) == '?') {
      into->quantifier = (char)peek(r);
      r->at++;
    } else {
      break;
    }
  }
  r->depth--;
  return !r->bad;
}

Query *query_read(Text source, Language *language, char *why, size_t room) {
  Query *query = take(1, sizeof *query);
  *query = (Query){.language = language};
  Reader r = {.query = query, .source = source, .why = why, .room = room};
  for (blank(&r); peek(&r) >= 0 && !r.bad; blank(&r)) {
    query->tops = grow(query->tops, query->top_count + 1, sizeof *query->tops);
    r.top = &query->tops[query->top_count++];
    *r.top = (Top){0};
    Item read;
    if (!item(&r, &read)) return NULL;
    // ((node) @x (#eq? …)) is a group around one node.
    if (read.kind == Q_GROUP && read.item_count == 1 && !read.captures) read = read.items[0];
    r.top->item = read;
    // Predicates may also follow without a group.
    for (blank(&r); peek(&r) == '(' && r.at + 1 < source.len && source.at[r.at + 1] == '#' && !r.bad; blank(&r)) {
      r.at++;
      predicate(&r);
    }
  }
  if (query->top_count == 0) wrong(&r, "the query is empty");
  return r.bad ? NULL : query;
}

// Matching. A frame is what is still to match among the children of one node; `up` what comes after it.
typedef struct Frame Frame;
struct Frame {
  const Item *items;
  uint32_t count, at;
  uint32_t child;
  bool anchored_end, group, repeated;
  const Frame *up;
};

typedef struct {
  const Query *query;
  const Ast *ast;
  const Top *top;
  const QueryFacts *facts;
  QueryMatch match;
  uint64_t steps;
  int depth;
  void (*found)(void *self, const QueryMatch *match);
  void *self;
} Matching;

static bool has_kind(const Item *item, const Node *node) {
  if (item->only_error) return node->kind == (uint16_t)-1;
  if (item->symbol_count == 0) return !item->named || node->named;
  for (uint32_t i = 0; i < item->symbol_count; i++) {
    if (item->symbols[i] == node->kind) return true;
  }
  return false;
}

static bool inside(const Ast *ast, uint32_t node, Text kind) {
  for (uint32_t at = ast->nodes[node].parent;; at = ast->nodes[at].parent) {
    if (text_is(kind, ast_kind(ast, at))) return true;
    if (at == 0) return false;
  }
}

static bool predicate_holds(Matching *m, const Predicate *p) {
  uint32_t left = m->match.nodes[p->left], right = p->right >= 0 ? m->match.nodes[p->right] : 0;
  if (!left || (p->right >= 0 && !right)) return true;
  Text text = ast_text(m->ast, left);
  bool holds = false;
  Match match;
  switch (p->kind) {
    case P_EQ: holds = text_equal(text, p->right >= 0 ? ast_text(m->ast, right) : p->texts[0]); break;
    case P_MATCH: holds = pattern_find(p->regex, text, 0, &match); break;
    case P_ANY_OF: for (uint32_t i = 0; i < p->text_count && !holds; i++) holds = text_equal(text, p->texts[i]); break;
    case P_INSIDE: for (uint32_t i = 0; i < p->text_count && !holds; i++) holds = inside(m->ast, left, p->texts[i]); break;
    case P_PATH: for (uint32_t i = 0; i < p->text_count && !holds; i++) holds = m->facts->has_path && m->facts->has_path(m->facts->self, left, p->texts[i]); break;
    case P_CONST: holds = m->facts->is_constant && m->facts->is_constant(m->facts->self, left); break;
  }
  return holds != p->negated;
}

static bool predicates_hold(Matching *m, uint32_t captures) {
  for (uint32_t i = 0; i < m->top->predicate_count; i++) {
    const Predicate *p = &m->top->predicates[i];
    bool concerned = captures >> p->left & 1 || (p->right >= 0 && captures >> p->right & 1);
    if (concerned && !predicate_holds(m, p)) return false;
  }
  return true;
}

static void go(Matching *m, const Frame *frame);

static void enter_node(Matching *m, const Item *item, uint32_t node, const Frame *rest) {
  const Ast *ast = m->ast;
  for (uint32_t i = 0; i < item->absent_count; i++) {
    if (ast_field(ast, node, item->absent[i])) return;
  }
  uint32_t saved[QUERY_CAPTURES];
  if (item->captures) {
    memcpy(saved, m->match.nodes, sizeof saved);
    for (int i = 0; i < QUERY_CAPTURES; i++) {
      if (item->captures >> i & 1) m->match.nodes[i] = node;
    }
  }
  if (!item->captures || predicates_hold(m, item->captures)) {
    if (item->kind == Q_NODE && item->item_count) {
      Frame inner = {item->items, item->item_count, 0, ast->nodes[node].first, item->last_anchored, false, false, rest};
      go(m, &inner);
    } else {
      go(m, rest);
    }
  }
  if (item->captures) memcpy(m->match.nodes, saved, sizeof saved);
}

static void try_item(Matching *m, const Item *item, uint16_t field, uint32_t node, const Frame *rest) {
  if (field && m->ast->nodes[node].field != field) return;
  if (item->kind == Q_EITHER) {
    for (uint32_t i = 0; i < item->item_count; i++) {
      Item alternative = item->items[i];
      alternative.captures |= item->captures;
      try_item(m, &alternative, alternative.field, node, rest);
    }
  } else if (item->kind == Q_GROUP) {
    Frame inner = {item->items, item->item_count, 0, node, item->last_anchored, true, false, rest};
    go(m, &inner);
  } else if (has_kind(item, &m->ast->nodes[node])) {
    enter_node(m, item, node, rest);
  }
}

static void leave(Matching *m, const Frame *frame) {
  if (frame->anchored_end) {
    for (uint32_t at = frame->child; at; at = m->ast->nodes[at].next) {
      if (m->ast->nodes[at].named) return;
    }
  }
  if (!frame->up) {
    m->found(m->self, &m->match);
    return;
  }
  if (!frame->group) {
    go(m, frame->up);
    return;
  }
  Frame after = *frame->up;
  after.child = frame->child;
  go(m, &after);
}

static void go(Matching *m, const Frame *frame) {
  if (m->steps == 0 || m->depth > 150) return;
  m->steps--;
  if (frame == NULL) {
    m->found(m->self, &m->match);
    return;
  }
  m->depth++;
  if (frame->at == frame->count) {
    leave(m, frame);
    m->depth--;
    return;
  }
  const Item *item = &frame->items[frame->at];
  bool optional = item->quantifier == '?' || item->quantifier == '*' || (item->quantifier == '+' && frame->repeated);
  for (uint32_t child = frame->child; child && m->steps; child = m->ast->nodes[child].next) {
    Frame rest = *frame;
    rest.child = m->ast->nodes[child].next;
    rest.repeated = item->quantifier == '*' || item->quantifier == '+';
    if (!rest.repeated) rest.at++;
    try_item(m, item, item->field, child, &rest);
    if (item->anchored && m->ast->nodes[child].named) break;
  }
  if (optional) {
    Frame skipped = *frame;
    skipped.at++;
    skipped.repeated = false;
    go(m, &skipped);
  }
  m->depth--;
}

bool query_at(const Query *query, const Ast *ast, uint32_t node, const QueryFacts *facts, uint64_t *budget,
              void (*found)(void *self, const QueryMatch *match), void *self) {
  for (uint32_t i = 0; i < query->top_count; i++) {
    uint64_t most = *budget < STEPS_EACH ? *budget : STEPS_EACH;
    Matching m = {.query = query, .ast = ast, .top = &query->tops[i], .facts = facts, .steps = most, .found = found, .self = self};
    m.match.query = query;
    m.match.root = node;
    try_item(&m, &m.top->item, 0, node, NULL);
    *budget -= most - m.steps;
  }
  return *budget > 0;
}

static bool starts(const Item *item, uint16_t kind) {
  if (item->kind == Q_NODE) {
    Node node = {.kind = kind, .named = true};
    return item->symbol_count == 0 || has_kind(item, &node);
  }
  for (uint32_t i = 0; i < item->item_count; i++) {
    if (starts(&item->items[i], kind)) return true;
    if (item->kind == Q_GROUP) break;
  }
  return false;
}

bool query_starts(const Query *query, uint16_t kind) {
  for (uint32_t i = 0; i < query->top_count; i++) {
    if (starts(&query->tops[i].item, kind)) return true;
  }
  return false;
}

int query_capture(const Query *query, const char *name) {
  for (int i = 0; i < query->name_count; i++) {
    if (text_is(query->names[i], name)) return i;
  }
  return -1;
}
