#include <stdlib.h>
#include <string.h>

#include "flow_in.h"

#define QUERY_STEPS 4000000u

static bool known_hit(uint32_t rule, uint32_t row) {
  for (uint32_t i = 0; i < flow.hit_count; i++) {
    if (flow.hits[i].rule == rule && flow.ast->nodes[flow.hits[i].node].row == row) return true;
  }
  return false;
}

static uint32_t add_steps(Hit *hit, uint32_t at, const Step *steps) {
  const Step *chain[FLOW_MAX_STEPS];
  uint32_t count = 0;
  for (const Step *it = steps; it; it = it->before) {
    // Of a long way the beginning and the end are kept.
    if (count == FLOW_MAX_STEPS) {
      chain[count - 1] = it;
    } else {
      chain[count++] = it;
    }
  }
  while (count > 0 && at < FLOW_MAX_STEPS) {
    count--;
    hit->steps[at++] = (FlowStep){chain[count]->what, chain[count]->node};
  }
  return at;
}

void report(uint32_t rule, uint32_t node, uint32_t end_node, const Step *steps, const Step *inner, const char *last) {
  if (flow.quiet || flow.hit_count >= MAX_HITS || known_hit(flow.table->rules[rule], flow.ast->nodes[node].row)) return;
  if (flow.hit_count == flow.hit_room) {
    uint32_t room = flow.hit_room ? flow.hit_room * 2 : 16;
    Hit *hits = arena_take(room * sizeof *hits);
    if (flow.hit_count) memcpy(hits, flow.hits, flow.hit_count * sizeof *hits);
    flow.hits = hits;
    flow.hit_room = room;
  }
  Hit *hit = &flow.hits[flow.hit_count++];
  *hit = (Hit){.rule = flow.table->rules[rule], .node = node, .end = flow.ast->nodes[end_node].end};
  hit->step_count = add_steps(hit, add_steps(hit, 0, steps), inner);
  if (last && hit->step_count < FLOW_MAX_STEPS) hit->steps[hit->step_count++] = (FlowStep){last, node};
}

void report_all(const Mask *mask, uint32_t node, uint32_t end_node) {
  for (uint32_t i = 0; i < flow.table->rule_count; i++) {
    if (mask_has(mask, i)) report(i, node, end_node, NULL, NULL, NULL);
  }
}

static uint32_t sink_end;

static void record(int32_t origin, const Mask *hits, const Step *steps, uint32_t node) {
  Function *function = &flow.functions[origin / MAX_PARAMETERS];
  Mask fresh = *hits;
  for (SinkRecord *at = function->sinks; at; at = at->next) {
    if (at->node == node && at->parameter == origin % MAX_PARAMETERS) fresh = mask_without(&fresh, &at->mask);
  }
  if (!mask_any(&fresh) || function->sink_count >= 64) return;
  function->sink_count++;
  SinkRecord *it = arena_take(sizeof *it);
  *it = (SinkRecord){function->sinks, fresh, steps, node, (uint8_t)(origin % MAX_PARAMETERS)};
  function->sinks = it;
}

void reach_sink(const Taint *taint, const Mask *sinks, uint32_t node) {
  if (flow.quiet) return;
  for (; taint; taint = taint->next) {
    Mask hits = mask_and(&taint->mask, sinks);
    if (!mask_any(&hits)) continue;
    if (taint->origin >= 0) {
      record(taint->origin, &hits, taint->steps, node);
      continue;
    }
    for (uint32_t i = 0; i < flow.table->rule_count; i++) {
      if (mask_has(&hits, i)) report(i, node, sink_end ? sink_end : node, taint->steps, NULL, "is used here");
    }
  }
}

static Text last_name(const Path *path) { return path->name; }

typedef struct {
  const Link *link, *any;
} Entries;

static Entries entries(ShortForm form, Text name) {
  return (Entries){flow.table->by_name[name_hash(name) % 512], flow.table->any[form]};
}

// The next entry of that form, from both lists.
static Entry *next_entry(Entries *it, ShortForm form) {
  while (it->link) {
    Entry *entry = it->link->entry;
    it->link = it->link->next;
    if (entry->it->form == form) return entry;
  }
  if (!it->any) return NULL;
  Entry *entry = it->any->entry;
  it->any = it->any->next;
  return entry;
}

static bool on_path(const Entry *entry, const Value *value) {
  return path_matches(&entry->it->path, value->path) || (value->other && path_matches(&entry->it->path, value->other));
}

static void read_as(uint32_t node, Value *value, const Path *path) {
  Entries at = entries(S_READ, last_name(path));
  for (Entry *entry; (entry = next_entry(&at, S_READ)); ) {
    if (!(entry->uses & (1u << U_SOURCE | 1u << U_FINDING | 1u << U_SANITIZER)) || !path_matches(&entry->it->path, path)) continue;
    if (entry->uses & 1u << U_FINDING) report_all(&entry->use[U_FINDING], node, node);
    if (entry->uses & 1u << U_SOURCE) taint_add(&value->taint, taint_source(&entry->use[U_SOURCE], node));
    if (entry->uses & 1u << U_SANITIZER) value->taint = taint_without(value->taint, &entry->use[U_SANITIZER]);
  }
}

void match_read(uint32_t node, Value *value) {
  if (value->path) read_as(node, value, value->path);
  if (value->other && value->other != value->path) read_as(node, value, value->other);
}

void match_assign(const Path *path, uint32_t target, const Value *value) {
  if (!path || flow.quiet) return;
  Entries at = entries(S_ASSIGN, last_name(path));
  for (Entry *entry; (entry = next_entry(&at, S_ASSIGN)); ) {
    Short *it = entry->it;
    if (!path_matches(&it->path, path) || (it->has_condition && !condition_holds(&it->condition, value, true))) continue;
    if (entry->uses & 1u << U_FINDING) report_all(&entry->use[U_FINDING], target, target);
    if (entry->uses & 1u << U_SINK) reach_sink(value->taint, &entry->use[U_SINK], target);
  }
}

// A literal's member, or a keyword argument.
static bool keyed(uint32_t node, const Call *keywords, const Item *item, Value *out, uint32_t *at) {
  const Ast *ast = flow.ast;
  if (keywords) {
    for (uint32_t i = 0; i < keywords->count; i++) {
      const Arg *arg = &keywords->args[i];
      Match match;
      if (arg->keyword.len == 0) continue;
      if (item->key_regex ? !pattern_find(item->key_regex, arg->keyword, 0, &match) : !text_equal(arg->keyword, item->selector.keyword)) continue;
      if (item->has_condition && !condition_holds(&item->condition, &arg->value, true)) continue;
      *out = arg->value;
      *at = arg->node;
      return true;
    }
    return false;
  }
  if (!item->key_regex) {
    return literal_member(node, item->selector.keyword, out, at) && (!item->has_condition || condition_holds(&item->condition, out, true));
  }
  uint32_t within = ast_field(ast, node, F_BODY);
  for (uint32_t child = ast_first(ast, within ? within : node); child; child = ast_next(ast, child)) {
    uint32_t name = ast_field(ast, child, F_KEY);
    if (!name) name = ast_field(ast, child, F_NAME);
    if (!name) name = ast_first(ast, child);
    Match match;
    if (!name) continue;
    Text key = key_text(name);
    if (!pattern_find(item->key_regex, key, 0, &match)) continue;
    *out = (Value){0};
    if (literal_member(node, key, out, at) && (!item->has_condition || condition_holds(&item->condition, out, true))) return true;
  }
  return false;
}

static void literal_entry(Entry *entry, uint32_t node, const Path *type, const Call *keywords) {
  Short *it = entry->it;
  if (it->has_path ? !type || !path_matches(&it->path, type) : false) return;
  uint32_t shown = 0;
  for (uint32_t i = 0; i < it->item_count; i++) {
    Value value = {0};
    uint32_t at = 0;
    const Item *item = &it->items[i];
    bool missing = item->has_condition && item->condition.count == 1 && item->condition.tests[0].kind == K_MISSING;
    bool there = keyed(node, keywords, item, &value, &at);
    if (missing ? there != item->condition.negated : !there) return;
    if (!shown) shown = at;
  }
  if (!shown) shown = node;
  if (entry->uses & 1u << U_FINDING) report_all(&entry->use[U_FINDING], shown, shown);
  if (!(entry->uses & 1u << U_SINK)) return;
  for (uint32_t i = 0; i < it->item_count; i++) {
    Value value = {0};
    uint32_t at = 0;
    if (!it->items[i].has_condition && keyed(node, keywords, &it->items[i], &value, &at)) reach_sink(value.taint, &entry->use[U_SINK], at);
  }
}

static void literal_key(Text key, uint32_t node, const Path *type, const Call *keywords) {
  const Link *link = flow.table->by_name[name_hash(key) % 512];
  for (; link; link = link->next) {
    Short *it = link->entry->it;
    if (it->form == S_LITERAL && text_equal(it->items[0].selector.keyword, key)) literal_entry(link->entry, node, type, keywords);
  }
}

void match_literal(uint32_t node, const Path *type, const Call *keywords) {
  if (flow.quiet) return;
  const Ast *ast = flow.ast;
  if (keywords) {
    for (uint32_t i = 0; i < keywords->count; i++) {
      if (keywords->args[i].keyword.len) literal_key(keywords->args[i].keyword, node, NULL, keywords);
    }
  } else {
    uint32_t within = ast_field(ast, node, F_BODY);
    for (uint32_t child = ast_first(ast, within ? within : node); child; child = ast_next(ast, child)) {
      uint32_t name = ast_field(ast, child, F_KEY);
      if (!name) name = ast_field(ast, child, F_NAME);
      if (!name) name = ast_field(ast, child, F_FIELD);
      if (!name) name = ast_first(ast, child);
      if (!name) name = child;
      literal_key(key_text(name), node, type, NULL);
    }
  }
  for (const Link *link = flow.table->any[S_LITERAL]; link; link = link->next) literal_entry(link->entry, node, type, keywords);
}

static bool member_value(const Selector *selector, const Value *value, Value *out, uint32_t *node) {
  *out = *value;
  for (uint32_t i = 0; i < selector->key_count; i++) {
    Value inner = {0};
    if (!out->literal || !literal_member(out->literal, selector->keys[i], &inner, node)) return false;
    *out = inner;
  }
  return true;
}

// Calls `use` for what is selected; answers how many there were. `use` answers whether to go on.
static uint32_t selected(const Selector *selector, Call *call, bool (*use)(void *self, uint32_t node, Value *value), void *self) {
  uint32_t count = 0;
  Value value;
  if (selector->from == ARG_THIS) {
    if (call->receiver_node && member_value(selector, &call->receiver, &value, &call->receiver_node)) {
      count++;
      use(self, call->receiver_node, &value);
    }
    return count;
  }
  int position = 0;
  for (uint32_t i = 0; i < call->count; i++) {
    Arg *arg = &call->args[i];
    bool wanted;
    if (arg->keyword.len) {
      wanted = selector->keyword.len ? text_equal(arg->keyword, selector->keyword) : selector->from == ARG_ALL;
    } else {
      wanted = selector->from == ARG_ALL || position == selector->from || (selector->onwards && position > selector->from && selector->from >= 0);
      position++;
    }
    uint32_t node = arg->node;
    if (!wanted || !member_value(selector, &arg->value, &value, &node)) continue;
    count++;
    if (!use(self, node, &value)) return count;
  }
  return count;
}

typedef struct {
  const Condition *condition;
  bool held;
} Testing;

static bool test_one(void *self, uint32_t node, Value *value) {
  (void)node;
  Testing *testing = self;
  testing->held = condition_holds(testing->condition, value, true);
  return !testing->held;
}

static bool spreads(const Call *call) {
  for (uint32_t i = 0; i < call->count; i++) {
    const char *kind = ast_kind(flow.ast, call->args[i].node);
    if (strstr(kind, "spread") || strstr(kind, "splat")) return true;
  }
  return false;
}

static bool conditions_hold(const Short *it, Call *call) {
  if (it->count_test) {
    if (spreads(call)) return false;
    int count = (int)call->count;
    bool holds = it->count_test == 1 + K_LESS ? count < it->count : it->count_test == 1 + K_LESS_EQUAL ? count <= it->count
               : it->count_test == 1 + K_MORE ? count > it->count : it->count_test == 1 + K_MORE_EQUAL ? count >= it->count
               : count == it->count;
    if (!holds) return false;
  }
  for (uint32_t i = 0; i < it->item_count; i++) {
    const Item *item = &it->items[i];
    if (!item->has_condition) continue;
    Testing testing = {&item->condition, false};
    if (selected(&item->selector, call, test_one, &testing) == 0) {
      Value none = {0};
      // What a spread may hold cannot be said to be missing.
      if (spreads(call) || !condition_holds(&item->condition, &none, false)) return false;
    } else if (!testing.held) {
      return false;
    }
  }
  return true;
}

typedef struct {
  const Mask *mask;
  Taint *taint;
  uint32_t node;
} Using;

static bool use_sink(void *self, uint32_t node, Value *value) {
  (void)node;
  Using *using = self;
  reach_sink(value->taint, using->mask, using->node);
  return true;
}

static bool use_collect(void *self, uint32_t node, Value *value) {
  (void)node;
  Using *using = self;
  for (const Taint *taint = value->taint; taint; taint = taint->next) {
    Mask moved = mask_and(&taint->mask, using->mask);
    if (!mask_any(&moved)) continue;
    Taint one = *taint;
    one.mask = moved;
    one.next = NULL;
    taint_add(&using->taint, &one);
  }
  return true;
}

// The variable that an argument is, or a member of it, or `&variable`.
static Binding *variable_of(uint32_t node) {
  const Ast *ast = flow.ast;
  for (int i = 0; i < 8 && node; i++) {
    Role role = ast_role(ast, node);
    if (role == R_IDENT) return env_find(ast_text(ast, node));
    if (role == R_MEMBER || role == R_INDEX) {
      Binding *whole = env_find(ast_text(ast, node));
      if (whole) return whole;
    } else if (role != R_UNARY && role != R_CAST && role != R_PASS && role != R_CALL) {
      return NULL;
    }
    node = ast_first(ast, node);
    if (role == R_CAST && node && ast_next(ast, node)) node = ast_next(ast, node);
  }
  return NULL;
}

static bool use_taint(void *self, uint32_t node, Value *value) {
  (void)value;
  Using *using = self;
  Binding *binding = variable_of(node);
  if (binding) taint_add(&binding->value.taint, using->taint);
  return true;
}

static bool use_clean(void *self, uint32_t node, Value *value) {
  (void)value;
  Using *using = self;
  Binding *binding = variable_of(node);
  if (binding) binding->value.taint = taint_without(binding->value.taint, using->mask);
  return true;
}

// For each selection; `otherwise` when the pattern selects nothing. Answers whether it selects.
static bool for_selected(const Short *it, Call *call, bool (*use)(void *self, uint32_t node, Value *value), Using *using, bool all_otherwise) {
  static const Selector all = {.from = ARG_ALL};
  bool any = false;
  for (uint32_t i = 0; i < it->item_count; i++) {
    if (it->items[i].has_condition) continue;
    any = true;
    selected(&it->items[i].selector, call, use, using);
  }
  if (!any && all_otherwise) selected(&all, call, use, using);
  return any;
}

static void propagate(const Entry *entry, Call *call, uint32_t node, Value *out) {
  Using using = {&entry->use[U_PROPAGATOR], NULL, node};
  for_selected(entry->it, call, use_collect, &using, true);
  if (!using.taint) return;
  using.taint = taint_stepped(using.taint, "is passed on", node);
  if (!entry->it->moves || entry->it->target.from == ARG_RESULT) {
    taint_add(&out->taint, using.taint);
  } else {
    selected(&entry->it->target, call, use_taint, &using);
  }
}

void match_call(ShortForm form, const Value *callee, uint32_t node, uint32_t name_node, Call *call, Value *out) {
  if (!callee->path) return;
  Mask clean = {0};
  Taint *sources = NULL;
  sink_end = node;
  Entries at = entries(form, last_name(callee->path));
  for (Entry *entry; (entry = next_entry(&at, form)); ) {
    if (!on_path(entry, callee) || !conditions_hold(entry->it, call)) continue;
    if (entry->uses & 1u << U_FINDING) report_all(&entry->use[U_FINDING], name_node, node);
    if (entry->uses & 1u << U_SINK) {
      Using using = {&entry->use[U_SINK], NULL, name_node};
      for_selected(entry->it, call, use_sink, &using, true);
    }
    if (entry->uses & 1u << U_PROPAGATOR) propagate(entry, call, node, out);
    if (entry->uses & 1u << U_SOURCE) {
      Using using = {NULL, taint_source(&entry->use[U_SOURCE], name_node), node};
      if (!for_selected(entry->it, call, use_taint, &using, false)) taint_add(&sources, using.taint);
    }
    if (entry->uses & 1u << U_SANITIZER) {
      Using using = {&entry->use[U_SANITIZER], NULL, node};
      if (!for_selected(entry->it, call, use_clean, &using, false)) mask_add(&clean, &entry->use[U_SANITIZER]);
    }
  }
  sink_end = 0;
  if (mask_any(&clean)) out->taint = taint_without(out->taint, &clean);
  taint_add(&out->taint, sources);
}

// The decorators or annotations in front of a declaration or parameter, each tried as a path.
static bool marked_by(uint32_t node, const PathPattern *path) {
  const Ast *ast = flow.ast;
  uint32_t places[] = {node, ast->nodes[node].parent, ast_child_of_kind(ast, node, "modifiers")};
  for (size_t i = 0; i < 3; i++) {
    if (i > 0 && !places[i]) continue;
    if (i == 1 && !ast_is(ast, places[i], "decorated_definition") && !ast_is(ast, places[i], "class_body")) continue;
    for (uint32_t child = ast->nodes[places[i]].first; child; child = ast->nodes[child].next) {
      bool decorator = ast_is(ast, child, "decorator"), annotation = ast_is(ast, child, "marker_annotation") || ast_is(ast, child, "annotation");
      if (!decorator && !annotation) continue;
      // In a class body decorators stand before their method.
      if (i == 1 && ast_is(ast, places[i], "class_body")) {
        uint32_t next = ast_next(ast, child);
        while (next && ast_is(ast, next, "decorator")) next = ast_next(ast, next);
        if (next != node) continue;
      }
      uint32_t name = annotation ? ast_field(ast, child, F_NAME) : ast_first(ast, child);
      if (decorator && name && ast_role(ast, name) == R_CALL) name = ast_field(ast, name, F_FUNCTION);
      Value value = {0};
      if (name) eval_quiet(name, &value);
      if (annotation && name && !value.path) value.path = type_path(name);
      if (path_matches(path, value.path)) return true;
    }
  }
  return false;
}

static void taint_parameter(const Entry *entry, uint32_t parameter, Value *value) {
  if (entry->uses & 1u << U_SOURCE) taint_add(&value->taint, taint_source(&entry->use[U_SOURCE], parameter));
  if (entry->uses & 1u << U_FINDING) report_all(&entry->use[U_FINDING], parameter, parameter);
}

void match_parameter(uint32_t function, uint32_t parameter, Text name, Value *value) {
  const Path *path = path_of(name, true);
  Entries at = entries(S_PARAM, name);
  for (Entry *entry; (entry = next_entry(&at, S_PARAM)); ) {
    if (path_matches(&entry->it->path, path)) taint_parameter(entry, parameter, value);
  }
  for (const Link *link = flow.table->any[S_PARAM_MARKED]; link; link = link->next) {
    if (marked_by(parameter, &link->entry->it->path)) taint_parameter(link->entry, parameter, value);
  }
  for (const Link *link = flow.table->any[S_PARAM_OF]; link; link = link->next) {
    if (marked_by(function, &link->entry->it->path)) taint_parameter(link->entry, parameter, value);
  }
}

void match_marks(uint32_t node, Value *value) {
  for (Mark *mark = flow.marks[node % 256]; mark; mark = mark->next) {
    if (mark->node != node) continue;
    if (mark->use == U_SOURCE) taint_add(&value->taint, taint_source(&mark->mask, node));
    if (mark->use == U_SANITIZER) value->taint = taint_without(value->taint, &mark->mask);
    if (mark->use == U_SINK) reach_sink(value->taint, &mark->mask, node);
  }
}

typedef struct {
  const QueryUse *use;
  int capture;
} Finding;

static void found(void *self, const QueryMatch *match) {
  Finding *finding = self;
  uint32_t node = finding->capture >= 0 && match->nodes[finding->capture] ? match->nodes[finding->capture] : match->root;
  if (finding->use->use == U_FINDING) {
    report(finding->use->rule, node, node, NULL, NULL, NULL);
    return;
  }
  Mark *mark = arena_take(sizeof *mark);
  *mark = (Mark){.next = flow.marks[node % 256], .node = node, .use = finding->use->use};
  mask_set(&mark->mask, finding->use->rule);
  flow.marks[node % 256] = mark;
  flow.any_marks = true;
}

static bool has_path(void *self, uint32_t node, Text path) {
  (void)self;
  char why[100];
  Short *read = short_read(path, flow.id, why, sizeof why);
  return read && flow.paths && path_matches(&read->path, flow.paths[node]);
}

static bool is_constant(void *self, uint32_t node) {
  (void)self;
  return flow.constants && flow.constants[node];
}

// Taint queries before the walk, the others after it.
void match_queries(void) {
  static const char *const captures[USES] = {"finding", "source", "sink", "sanitizer", "propagator"};
  const Ast *ast = flow.ast;
  bool after = flow.paths != NULL;
  QueryFacts facts = {NULL, after ? has_path : NULL, after ? is_constant : NULL};
  for (uint32_t q = 0; q < flow.table->query_count; q++) {
    const QueryUse *use = &flow.table->queries[q];
    if ((use->use == U_FINDING) != after) continue;
    Finding finding = {use, query_capture(use->query, captures[use->use])};
    uint64_t budget = QUERY_STEPS;
    uint8_t *wanted = arena_take(ast->language->symbols);
    for (uint32_t i = 0; i < ast->language->symbols; i++) wanted[i] = query_starts(use->query, (uint16_t)i);
    for (uint32_t node = 0; node < ast->count && budget; node++) {
      uint16_t kind = ast->nodes[node].kind;
      if (kind < ast->language->symbols && wanted[kind]) query_at(use->query, ast, node, &facts, &budget, found, &finding);
    }
  }
}
