#include <stdlib.h>
#include <string.h>

#include "flow_in.h"

#define MAX_PATH 24
#define MAX_TAINTS 8
#define MAX_STEPS 40

const Path *path_of(Text name, bool unknown) {
  Path *it = arena_take(sizeof *it);
  *it = (Path){.name = name, .depth = 1, .unknown = unknown};
  return it;
}

const Path *path_member(const Path *base, Text name) {
  if (!base) base = path_of((Text){"?", 1}, false);
  if (base->depth >= MAX_PATH) return base;
  // The global object adds nothing to a name.
  if (flow.id <= L_TSX && base->unknown && !base->base && !base->call &&
      (text_is(base->name, "window") || text_is(base->name, "globalThis") || text_is(base->name, "self") || text_is(base->name, "global"))) {
    return path_of(name, true);
  }
  Path *it = arena_take(sizeof *it);
  *it = (Path){.base = base, .name = name, .depth = (uint16_t)(base->depth + 1)};
  return it;
}

const Path *path_dotted(Text dotted, const Path *base) {
  size_t from = 0;
  for (size_t i = 0; i <= dotted.len; i++) {
    if (i < dotted.len && dotted.at[i] != '.') continue;
    Text name = {dotted.at + from, i - from};
    if (name.len) base = base ? path_member(base, name) : path_of(name, false);
    from = i + 1;
  }
  return base;
}

const Path *path_call(const Path *base) {
  if (!base) return NULL;
  Path *it = arena_take(sizeof *it);
  *it = *base;
  it->call = true;
  return it;
}

void taint_add(Taint **into, const Taint *from) {
  for (; from; from = from->next) {
    Mask fresh = from->mask;
    uint32_t count = 0;
    bool known = false;
    for (Taint *at = *into; at; at = at->next, count++) {
      if (at->origin == from->origin || (at->origin < 0 && from->origin < 0)) {
        fresh = mask_without(&fresh, &at->mask);
        known = true;
      }
    }
    if (!mask_any(&fresh) || (count >= MAX_TAINTS && known) || count >= 2 * MAX_TAINTS) continue;
    Taint *it = arena_take(sizeof *it);
    *it = *from;
    it->mask = fresh;
    it->next = *into;
    *into = it;
  }
}

Taint *taint_without(Taint *taint, const Mask *clean) {
  Taint *rest = NULL;
  for (; taint; taint = taint->next) {
    Mask left = mask_without(&taint->mask, clean);
    if (!mask_any(&left)) continue;
    Taint *it = arena_take(sizeof *it);
    *it = *taint;
    it->mask = left;
    it->next = rest;
    rest = it;
  }
  return rest;
}

Taint *taint_stepped(const Taint *taint, const char *what, uint32_t node) {
  Taint *stepped = NULL;
  for (; taint; taint = taint->next) {
    Taint *it = arena_take(sizeof *it);
    *it = *taint;
    // The same line twice says nothing new.
    if (!taint->steps || flow.ast->nodes[taint->steps->node].row != flow.ast->nodes[node].row || taint->steps->what != what) {
      Step *step = arena_take(sizeof *step);
      *step = (Step){taint->steps, what, node};
      it->steps = step;
    }
    it->next = stepped;
    stepped = it;
  }
  return stepped;
}

Taint *taint_source(const Mask *mask, uint32_t node) {
  Step *step = arena_take(sizeof *step);
  *step = (Step){NULL, "comes from outside", node};
  Taint *it = arena_take(sizeof *it);
  *it = (Taint){.mask = *mask, .steps = step, .origin = -1};
  return it;
}

void value_join(Value *into, const Value *other) {
  taint_add(&into->taint, other->taint);
  if (into->constant != other->constant || into->number != other->number || !text_equal(into->text, other->text)) into->constant = C_NONE;
  into->built |= other->built;
  into->textual |= other->textual;
}

static bool ends_with(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

// Between the quotes; escapes stay as they are written.
static Text inner_text(uint32_t node) {
  const Ast *ast = flow.ast;
  const Node *it = &ast->nodes[node];
  uint32_t from = 0, to = 0;
  bool any = false;
  for (uint32_t child = it->first; child; child = ast->nodes[child].next) {
    const char *kind = ast_kind(ast, child);
    if (!ends_with(kind, "_content") && !ends_with(kind, "string_fragment") && strcmp(kind, "escape_sequence") != 0) continue;
    if (!any) from = ast->nodes[child].start;
    to = ast->nodes[child].end;
    any = true;
  }
  if (any) return (Text){ast->source.at + from, to - from};
  uint32_t len = it->end - it->start;
  uint32_t skip = 0;
  while (skip < len && ast->source.at[it->start + skip] != '"' && ast->source.at[it->start + skip] != '\'' && ast->source.at[it->start + skip] != '`') skip++;
  return len >= skip + 2 ? (Text){ast->source.at + it->start + skip + 1, len - skip - 2} : (Text){"", 0};
}

void string_value(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  out->textual = true;
  bool holes = false;
  for (uint32_t child = ast->nodes[node].first; child; child = ast->nodes[child].next) {
    if (!ast_is(ast, child, "interpolation") && !ast_is(ast, child, "template_substitution")) continue;
    Value part = {0};
    eval(child, &part);
    taint_add(&out->taint, part.taint);
    if (part.constant == C_NONE) out->built = true;
    holes = true;
  }
  if (out->taint) out->taint = taint_stepped(out->taint, "is put into a text", node);
  if (holes) return;
  out->constant = C_TEXT;
  out->text = inner_text(node);
  // Python and C: bytes of a triple-quoted text without content nodes.
  if (out->text.len >= 4 && memcmp(out->text.at, "\"\"", 2) == 0) out->text = (Text){out->text.at + 2, out->text.len - 4};
}

void number_value(uint32_t node, Value *out) {
  char spelling[64];
  size_t used = 0;
  Text text = ast_text(flow.ast, node);
  for (size_t i = 0; i < text.len && used + 1 < sizeof spelling; i++) {
    if (text.at[i] != '_') spelling[used++] = text.at[i];
  }
  spelling[used] = 0;
  if (used > 2 && spelling[0] == '0' && (spelling[1] == 'o' || spelling[1] == 'b')) {
    out->number = (double)strtoull(spelling + 2, NULL, spelling[1] == 'o' ? 8 : 2);
  } else if (used > 1 && spelling[0] == '0' && spelling[1] >= '0' && spelling[1] <= '7') {
    out->number = (double)strtoull(spelling, NULL, 8);
  } else {
    out->number = strtod(spelling, NULL);
  }
  out->constant = C_NUMBER;
}

Text key_text(uint32_t node) {
  const Ast *ast = flow.ast;
  if (ast_is(ast, node, "literal_element") && ast_first(ast, node)) node = ast_first(ast, node);
  Role role = ast_role(ast, node);
  if (role == R_STRING) return inner_text(node);
  return ast_text(ast, node);
}

// Key and value of one entry of a literal; false for what is no entry.
static bool entry_of(uint32_t child, Text *key, uint32_t *value) {
  const Ast *ast = flow.ast;
  const char *kind = ast_kind(ast, child);
  uint32_t name = 0;
  if (strcmp(kind, "pair") == 0) {
    name = ast_field(ast, child, F_KEY);
    *value = ast_field(ast, child, F_VALUE);
  } else if (strcmp(kind, "keyword_argument") == 0 || strcmp(kind, "field_initializer") == 0) {
    name = ast_field(ast, child, F_NAME);
    if (!name) name = ast_field(ast, child, F_FIELD);
    *value = ast_field(ast, child, F_VALUE);
  } else if (strcmp(kind, "keyed_element") == 0) {
    name = ast_first(ast, child);
    *value = name ? ast_next(ast, name) : 0;
  } else if (strcmp(kind, "initializer_pair") == 0) {
    uint32_t designator = ast_field(ast, child, F_DESIGNATOR);
    name = designator ? ast_first(ast, designator) : 0;
    *value = ast_field(ast, child, F_VALUE);
  } else if (strcmp(kind, "shorthand_property_identifier") == 0 || strcmp(kind, "shorthand_field_initializer") == 0) {
    name = *value = child;
  }
  if (!name || !*value) return false;
  *key = key_text(name);
  return true;
}

bool literal_member(uint32_t literal, Text key, Value *out, uint32_t *node) {
  const Ast *ast = flow.ast;
  uint32_t within = ast_field(ast, literal, F_BODY);
  if (!within) within = literal;
  for (uint32_t child = ast_first(ast, within); child; child = ast_next(ast, child)) {
    Text name;
    uint32_t value = 0;
    if (!entry_of(child, &name, &value) || !text_equal(name, key)) continue;
    *node = value;
    eval_quiet(value, out);
    return true;
  }
  return false;
}
