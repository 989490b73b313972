#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "flow_in.h"

#define MAX_KEY 200
#define MAX_SPINE 2000

Flow flow;

void eval_quiet(uint32_t node, Value *out) {
  flow.quiet++;
  eval(node, out);
  flow.quiet--;
}

void open_scope(void) { flow.levels[flow.level_count++] = env_height(); }

void close_scope(void) { env_drop(flow.levels[--flow.level_count]); }

APART static void eval_each(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
    Value value = {0};
    eval(child, &value);
    taint_add(&out->taint, value.taint);
  }
}

APART static void eval_identifier(uint32_t node, Value *out) {
  Text name = ast_text(flow.ast, node);
  Binding *binding = env_find(name);
  if (binding) {
    *out = binding->value;
    if (!out->path && !out->other) out->path = path_of(name, false);
  } else {
    out->path = path_of(name, true);
  }
  if (!binding || (out->path && out->path->depth > 1)) match_read(node, out);
}

static bool is_size(Text name) { return text_is(name, "length") || text_is(name, "size") || text_is(name, "byteLength"); }

static uint32_t member_parts(uint32_t node, Text *name, uint32_t *name_node) {
  static const uint16_t bases[] = {F_OBJECT, F_OPERAND, F_VALUE, F_PATH, F_ARGUMENT, F_PACKAGE}, names[] = {F_PROPERTY, F_ATTRIBUTE, F_FIELD, F_NAME};
  const Ast *ast = flow.ast;
  uint32_t base = 0, at = 0;
  for (size_t i = 0; i < sizeof bases / sizeof *bases && !base; i++) base = ast_field(ast, node, bases[i]);
  for (size_t i = 0; i < sizeof names / sizeof *names && !at; i++) at = ast_field(ast, node, names[i]);
  if (!base) base = ast_first(ast, node);
  if (!at && base) at = ast_next(ast, base);
  *name_node = at;
  *name = at ? ast_text(ast, at) : (Text){"", 0};
  return base;
}

static void extend(const Value *base, Text name, Value *out) {
  out->path = path_member(base->path, name);
  out->other = base->other ? path_member(base->other, name) : NULL;
}

// The member without reading it: what a call or an assignment names.
APART static void member_place(uint32_t node, Value *out, Value *base, uint32_t *base_node, uint32_t *name_node) {
  const Ast *ast = flow.ast;
  Text name;
  *base_node = member_parts(node, &name, name_node);
  if (*base_node == 0) {
    out->path = path_of(name, true);
    return;
  }
  eval(*base_node, base);
  extend(base, name, out);
  Text whole = ast_text(ast, node);
  Binding *binding = whole.len < MAX_KEY ? env_find(whole) : NULL;
  if (!binding) return;
  const Path *path = out->path, *other = out->other;
  *out = binding->value;
  if (!out->path) out->path = path;
  if (!out->other) out->other = path != out->path ? path : other;
}

APART static void eval_member(uint32_t node, Value *out) {
  Value base = {0};
  uint32_t base_node, name_node;
  member_place(node, out, &base, &base_node, &name_node);
  if (!name_node) return;
  Text name = ast_text(flow.ast, name_node);
  if (base.literal && out->constant == C_NONE && !out->literal) {
    Value known = {0};
    uint32_t at;
    if (literal_member(base.literal, name, &known, &at)) {
      out->constant = known.constant;
      out->text = known.text;
      out->number = known.number;
      out->literal = known.literal;
    }
  }
  if (!is_size(name)) taint_add(&out->taint, base.taint);
  match_read(node, out);
}

APART static void eval_index(uint32_t node, Value *out) {
  static const uint16_t bases[] = {F_OBJECT, F_OPERAND, F_VALUE, F_ARRAY, F_ARGUMENT}, indexes[] = {F_INDEX, F_SUBSCRIPT};
  const Ast *ast = flow.ast;
  uint32_t base_node = 0, index_node = 0;
  for (size_t i = 0; i < sizeof bases / sizeof *bases && !base_node; i++) base_node = ast_field(ast, node, bases[i]);
  for (size_t i = 0; i < sizeof indexes / sizeof *indexes && !index_node; i++) index_node = ast_field(ast, node, indexes[i]);
  if (!base_node) base_node = ast_first(ast, node);
  if (!index_node && base_node) index_node = ast_next(ast, base_node);
  Value base = {0}, index = {0};
  if (base_node) eval(base_node, &base);
  if (index_node) eval(index_node, &index);
  extend(&base, index.constant == C_TEXT ? index.text : text_of("[]"), out);
  taint_add(&out->taint, base.taint);
  match_read(node, out);
}

static bool formats(Text name) {
  static const char *const names[] = {"format", "Sprintf", "Sprint", "sprintf", "Errorf", "format!", "formatted", "concat", "vformat"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (text_is(name, names[i])) return true;
  }
  return false;
}

APART static Call *eval_arguments(uint32_t list, const Value *receiver, uint32_t receiver_node) {
  const Ast *ast = flow.ast;
  Call *call = arena_take(sizeof *call);
  call->args = arena_take(MAX_ARGS * sizeof *call->args);
  if (receiver) call->receiver = *receiver;
  call->receiver_node = receiver_node;
  if (!list) return call;
  uint32_t child = ast_role(ast, list) == R_TEMPLATE || ast_is(ast, list, "generator_expression") ? list : ast_first(ast, list);
  for (; child; child = child == list ? 0 : ast_next(ast, child)) {
    Arg spare, *arg = call->count < MAX_ARGS ? &call->args[call->count++] : &spare;
    *arg = (Arg){.node = child};
    if (ast_is(ast, child, "keyword_argument")) {
      uint32_t name = ast_field(ast, child, F_NAME), value = ast_field(ast, child, F_VALUE);
      if (name) arg->keyword = ast_text(ast, name);
      if (value) arg->node = value;
    }
    if (ast_role(ast, arg->node) == R_FUNCTION && call->receiver.taint) {
      uint32_t function = function_of(arg->node, false);
      flow.functions[function].callback = call->receiver.taint;
    }
    eval(arg->node, &arg->value);
  }
  return call;
}

static Taint *argument_taint(const Call *call, uint32_t parameter) {
  return parameter < call->count ? call->args[parameter].value.taint : NULL;
}

// What a function of this file does with what it is given here.
APART static void call_function(uint32_t function, const Call *call, uint32_t node, Value *out) {
  if (flow.functions[function].state == 0 && flow.nested < MAX_NESTED_CALLS && !flow.quiet) {
    flow.nested++;
    analyse(function);
    flow.nested--;
  }
  const Function *it = &flow.functions[function];
  for (const SinkRecord *sink = it->sinks; sink && !flow.quiet; sink = sink->next) {
    for (const Taint *taint = argument_taint(call, sink->parameter); taint; taint = taint->next) {
      Mask hits = mask_and(&taint->mask, &sink->mask);
      if (!mask_any(&hits)) continue;
      Taint given = *taint;
      given.next = NULL;
      Taint *stepped = taint_stepped(&given, "is given to a function", node);
      if (taint->origin >= 0) {
        reach_sink(stepped, &hits, sink->node);
        continue;
      }
      for (uint32_t i = 0; i < flow.table->rule_count; i++) {
        if (mask_has(&hits, i)) report(i, sink->node, sink->node, stepped->steps, sink->steps, "is used here");
      }
    }
    it = &flow.functions[function];
  }
  for (const Taint *back = it->returns; back; back = back->next) {
    Taint one = *back;
    one.next = NULL;
    if (back->origin < 0) {
      taint_add(&out->taint, &one);
      continue;
    }
    if ((uint32_t)back->origin / MAX_PARAMETERS != function) continue;
    for (const Taint *taint = argument_taint(call, (uint32_t)back->origin % MAX_PARAMETERS); taint; taint = taint->next) {
      Taint through = *taint;
      through.next = NULL;
      through.mask = mask_and(&taint->mask, &back->mask);
      if (mask_any(&through.mask)) taint_add(&out->taint, taint_stepped(&through, "comes back from a function", node));
    }
  }
}

static bool javascript_require(uint32_t node, const Value *callee, const Call *call, Value *out) {
  if (flow.id > L_TSX || !callee->path || callee->path->base || !(text_is(callee->path->name, "require") || text_is(callee->path->name, "import"))) return false;
  if (call->count == 0 || call->args[0].value.constant != C_TEXT) return false;
  (void)node;
  Text name = call->args[0].value.text;
  if (name.len > 5 && memcmp(name.at, "node:", 5) == 0) name = (Text){name.at + 5, name.len - 5};
  out->path = path_of(name, false);
  return true;
}

APART static void eval_call(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t list = ast_field(ast, node, F_ARGUMENTS), target = ast_field(ast, node, F_FUNCTION);
  Value callee = {0}, receiver = {0};
  uint32_t receiver_node = 0, name_node = target;
  if (!target) {
    // Java: object and name are fields of the call.
    name_node = ast_field(ast, node, F_NAME);
    receiver_node = ast_field(ast, node, F_OBJECT);
    if (!name_node) {
      eval_each(node, out);
      return;
    }
    Text name = ast_text(ast, name_node);
    if (receiver_node) {
      eval(receiver_node, &receiver);
      extend(&receiver, name, &callee);
      if (ast_is(ast, receiver_node, "this")) {
        Binding *binding = env_find(name);
        if (binding) callee.function = binding->value.function;
      }
    } else {
      Binding *binding = env_find(name);
      if (binding) callee = binding->value;
      if (!callee.path) callee.path = path_of(name, true);
    }
  } else {
    while (ast_role(ast, target) == R_PASS && ast_first(ast, target)) target = ast_first(ast, target);
    name_node = target;
    Role role = ast_role(ast, target);
    if (role == R_MEMBER) {
      member_place(target, &callee, &receiver, &receiver_node, &name_node);
      if (!name_node) name_node = target;
    } else if (role == R_IDENT) {
      Text name = ast_text(ast, target);
      Binding *binding = env_find(name);
      if (binding) callee = binding->value;
      if (!callee.path) callee.path = path_of(name, !binding);
    } else if (ast_is(ast, target, "import")) {
      callee.path = path_of(text_of("import"), true);
    } else {
      eval(target, &callee);
    }
  }
  if (flow.paths && target && !flow.quiet) flow.paths[target] = callee.path;
  Call *call = eval_arguments(list, &receiver, receiver_node);
  if (javascript_require(node, &callee, call, out)) return;
  if (callee.function) {
    call_function((uint32_t)callee.function - 1, call, node, out);
  } else if (receiver.taint) {
    taint_add(&out->taint, receiver.taint);
  }
  // Calling what a tainted value gave back.
  if (!receiver_node && !callee.function && target && ast_role(ast, target) == R_CALL) taint_add(&out->taint, callee.taint);
  Text name = ast_text(ast, name_node);
  if (formats(name)) {
    for (uint32_t i = 0; i < call->count; i++) {
      if (call->args[i].value.constant == C_NONE) out->built = out->textual = true;
    }
  }
  if (call->receiver.built && !callee.function) out->built = out->textual = true;
  match_call(S_CALL, &callee, node, name_node, call, out);
  match_literal(node, NULL, call);
  out->path = path_call(callee.path);
  out->other = path_call(callee.other);
  if (out->taint) out->taint = taint_stepped(out->taint, "is the result of a call", node);
}

APART static void eval_new(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t target = ast_field(ast, node, F_CONSTRUCTOR), type = ast_field(ast, node, F_TYPE);
  Value callee = {0};
  if (target) {
    eval_quiet(target, &callee);
  } else if (type) {
    callee.path = type_path(type);
  }
  Call *call = eval_arguments(ast_field(ast, node, F_ARGUMENTS), NULL, 0);
  for (uint32_t i = 0; i < call->count; i++) taint_add(&out->taint, call->args[i].value.taint);
  match_call(S_NEW, &callee, node, target ? target : type ? type : node, call, out);
  uint32_t body = ast_child_of_kind(ast, node, "class_body");
  Value ignored = {0};
  if (body) eval(body, &ignored);
  out->path = callee.path;
}

APART static void eval_macro(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t name = ast_field(ast, node, F_MACRO), tokens = ast_child_of_kind(ast, node, "token_tree");
  if (!name) return;
  Call *call = arena_take(sizeof *call);
  call->args = arena_take(MAX_ARGS * sizeof *call->args);
  bool constant = true;
  // Tokens are not parsed: identifiers, with the member names behind them, and literals are taken as arguments.
  if (tokens) {
    for (uint32_t child = tokens + 1; child < ast->nodes[tokens].after && call->count < MAX_ARGS; child++) {
      Role role = ast_role(ast, child);
      if (role != R_IDENT && role != R_STRING && role != R_NUMBER) continue;
      Arg *arg = &call->args[call->count++];
      arg->node = child;
      eval(child, &arg->value);
      if (arg->value.constant == C_NONE) constant = false;
    }
    // {name} inside of the format text.
    if (call->count && call->args[0].value.constant == C_TEXT) {
      Text text = call->args[0].value.text;
      for (size_t i = 0; i + 1 < text.len && call->count < MAX_ARGS; i++) {
        if (text.at[i] != '{') continue;
        size_t from = i + 1, end = from;
        while (end < text.len && (text.at[end] == '_' || (text.at[end] | 32) >= 'a' ? (text.at[end] | 32) <= 'z' || text.at[end] == '_' : text.at[end] >= '0' && text.at[end] <= '9')) end++;
        if (end == from || end >= text.len || (text.at[end] != '}' && text.at[end] != ':')) continue;
        Binding *binding = env_find((Text){text.at + from, end - from});
        if (!binding) continue;
        Arg *arg = &call->args[call->count++];
        *arg = (Arg){.node = call->args[0].node, .value = binding->value};
        if (binding->value.constant == C_NONE) constant = false;
      }
    }
  }
  Text text = ast_text(ast, name);
  char *with_mark = arena_take(text.len + 2);
  memcpy(with_mark, text.at, text.len);
  with_mark[text.len] = '!';
  Value callee = {0};
  Binding *binding = env_find(text);
  callee.path = ast_role(ast, name) == R_MEMBER ? path_of((Text){with_mark, text.len + 1}, false) : binding && binding->value.path ? path_member(binding->value.path->base, (Text){with_mark, text.len + 1}) : path_of((Text){with_mark, text.len + 1}, true);
  if (text_is(text, "format")) {
    for (uint32_t i = 0; i < call->count; i++) taint_add(&out->taint, call->args[i].value.taint);
    out->textual = true;
    out->built = !constant;
    if (out->taint) out->taint = taint_stepped(out->taint, "is put into a text", node);
  }
  if (text_is(text, "vec")) {
    for (uint32_t i = 0; i < call->count; i++) taint_add(&out->taint, call->args[i].value.taint);
  }
  match_call(S_CALL, &callee, node, name, call, out);
  out->path = path_call(callee.path);
}

static Text operator_of(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t at = ast_field(ast, node, F_OPERATOR);
  return at ? ast_text(ast, at) : (Text){"", 0};
}

static bool compares(Text operator) {
  static const char *const all[] = {"==", "===", "!=", "!==", "<", ">", "<=", ">=", "instanceof", "in"};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (text_is(operator, all[i])) return true;
  }
  return false;
}

static void fold(Text operator, Value *left, const Value *right) {
  bool plus = text_is(operator, "+"), percent = text_is(operator, "%");
  bool either = text_is(operator, "||") || text_is(operator, "??") || text_is(operator, "&&");
  bool textual = (plus || percent) && (left->textual || (plus && right->textual) || (percent && left->textual));
  Value result = {.textual = textual || (either && left->textual && right->textual)};
  if (either) {
    result.path = left->path;
    result.built = left->built || right->built;
    if (text_is(operator, "&&")) result.path = right->path;
  }
  if (either || plus || percent || flow.id == L_C || flow.id == L_GO || flow.id == L_RUST) {
    taint_add(&result.taint, left->taint);
    taint_add(&result.taint, right->taint);
  }
  if (compares(operator)) result.taint = NULL;
  if (plus && left->constant == C_TEXT && right->constant == C_TEXT && left->text.len + right->text.len < 4096) {
    char *joined = arena_take(left->text.len + right->text.len + 1);
    memcpy(joined, left->text.at, left->text.len);
    memcpy(joined + left->text.len, right->text.at, right->text.len);
    result.constant = C_TEXT;
    result.text = (Text){joined, left->text.len + right->text.len};
  } else if (left->constant == C_NUMBER && right->constant == C_NUMBER) {
    double a = left->number, b = right->number;
    result.constant = C_NUMBER;
    if (plus) {
      result.number = a + b;
    } else if (text_is(operator, "-")) {
      result.number = a - b;
    } else if (text_is(operator, "*")) {
      result.number = a * b;
    } else if (text_is(operator, "|") && a >= 0 && b >= 0 && a < 4e9 && b < 4e9) {
      result.number = (double)((uint32_t)a | (uint32_t)b);
    } else if (text_is(operator, "<<") && a >= 0 && b >= 0 && a < 4e9 && b < 32) {
      result.number = (double)((uint64_t)a << (uint32_t)b);
    } else {
      result.constant = C_NONE;
    }
  } else if (textual) {
    result.built = left->constant == C_NONE || right->constant == C_NONE;
  }
  *left = result;
}

// Long chains lean to the left: they are walked, not recursed into.
APART static void eval_binary(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t count = 0, at = node;
  while (ast_role(ast, at) == R_BINARY && count < MAX_SPINE) {
    count++;
    uint32_t left = ast_field(ast, at, F_LEFT);
    if (!left) break;
    at = left;
  }
  uint32_t *spine = arena_take(count * sizeof *spine + 8);
  at = node;
  for (uint32_t i = 0; i < count; i++) {
    spine[i] = at;
    at = ast_field(ast, at, F_LEFT);
  }
  if (at) eval(at, out);
  for (uint32_t i = count; i-- > 0; ) {
    uint32_t right = ast_field(ast, spine[i], F_RIGHT);
    Value value = {0};
    if (right) eval(right, &value);
    fold(operator_of(spine[i]), out, &value);
  }
  if (out->taint && out->built) out->taint = taint_stepped(out->taint, "is put into a text", node);
}

APART static void eval_concatenated(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  bool first = true;
  for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
    Value value = {0};
    eval(child, &value);
    if (first) {
      *out = value;
    } else {
      value.textual = out->textual = true;
      fold(text_of("+"), out, &value);
    }
    first = false;
  }
}

static uint32_t only_of(uint32_t list) {
  uint32_t first = ast_first(flow.ast, list);
  return first && !ast_next(flow.ast, first) ? first : 0;
}

static bool is_list(uint32_t node) {
  const char *kind = ast_kind(flow.ast, node);
  return strcmp(kind, "expression_list") == 0 || strcmp(kind, "pattern_list") == 0 || strcmp(kind, "tuple_pattern") == 0 || strcmp(kind, "tuple") == 0;
}

APART static void assign(uint32_t left, uint32_t right, bool fresh) {
  const Ast *ast = flow.ast;
  if (!left || !right) return;
  if (is_list(left) && only_of(left)) left = only_of(left);
  if (is_list(right) && only_of(right)) right = only_of(right);
  if (is_list(left) && is_list(right)) {
    uint32_t to = ast_first(ast, left), from = ast_first(ast, right);
    for (; to && from; to = ast_next(ast, to), from = ast_next(ast, from)) {
      Value value = {0};
      eval(from, &value);
      assign_to(to, &value, fresh);
    }
    return;
  }
  Value value = {0};
  eval(right, &value);
  if (!is_list(left)) {
    assign_to(left, &value, fresh);
    return;
  }
  // Several names for one call's results: all of them come from it.
  for (uint32_t to = ast_first(ast, left); to; to = ast_next(ast, to)) {
    Value copy = value;
    assign_to(to, &copy, fresh);
  }
}

APART static void eval_assignment(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t left = ast_field(ast, node, F_LEFT), right = ast_field(ast, node, F_RIGHT);
  Text operator = operator_of(node);
  if (ast_role(ast, node) == R_AUGMENT || (operator.len == 2 && operator.at[1] == '=' && operator.at[0] != ':')) {
    Value value = {0}, more = {0};
    if (left) eval_quiet(left, &value);
    if (right) eval(right, &more);
    const Path *path = value.path, *other = value.other;
    fold((Text){operator.at, operator.len ? operator.len - 1 : 0}, &value, &more);
    value.path = path;
    value.other = other;
    *out = value;
    if (left && is_list(left) && only_of(left)) left = only_of(left);
    if (left) assign_to(left, &value, false);
    return;
  }
  // a = b = c gives c to both.
  if (right && ast_role(ast, right) == R_ASSIGN) {
    eval(right, out);
    if (left) assign_to(left, out, false);
    return;
  }
  if (!right) {
    // A declaration with a type alone.
    uint32_t type = ast_field(ast, node, F_TYPE);
    Value value = {.path = type ? type_path(type) : NULL};
    if (left && type) assign_to(left, &value, false);
    return;
  }
  assign(left, right, ast_is(ast, node, "short_var_declaration"));
}

APART static void eval_declaration(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t value_node = ast_field(ast, node, F_VALUE), type = ast_field(ast, node, F_TYPE), name = declared_name(node);
  const Path *declared = type ? type_path(type) : flow.declared;
  bool field = ast_is(ast, node, "public_field_definition") || ast_is(ast, node, "field_definition");
  const Path *outer = flow.declared;
  flow.declared = NULL;
  // Go: several names, several values.
  if (flow.id == L_GO) {
    uint32_t from = value_node ? ast_first(ast, value_node) : 0;
    Value value = {.path = declared};
    for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
      if (ast->nodes[child].field != F_NAME) continue;
      if (from) {
        value = (Value){0};
        eval(from, &value);
        if (ast_next(ast, from)) from = ast_next(ast, from);
      }
      Value copy = value;
      assign_to(child, &copy, true);
    }
    flow.declared = outer;
    return;
  }
  if (value_node) {
    eval(value_node, out);
  } else {
    out->path = declared;
  }
  flow.declared = outer;
  if (declared && !out->literal && (flow.id == L_JAVA || !out->path)) {
    out->other = out->path != declared ? out->path : out->other;
    out->path = declared;
  }
  if (!name) return;
  if (field) {
    Text text = ast_text(ast, name);
    match_assign(path_of(text, true), name, out);
    return;
  }
  assign_to(name, out, true);
}

APART static void eval_object(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t body = ast_field(ast, node, F_BODY), type = ast_field(ast, node, F_TYPE);
  if (!type) type = ast_is(ast, node, "struct_expression") ? ast_field(ast, node, F_NAME) : 0;
  uint32_t within = body ? body : node;
  for (uint32_t child = ast_first(ast, within); child; child = ast_next(ast, child)) {
    uint32_t value_node = ast_field(ast, child, F_VALUE);
    if (ast_is(ast, child, "keyed_element")) {
      value_node = ast_first(ast, child);
      if (value_node) value_node = ast_next(ast, value_node);
    }
    Value value = {0};
    eval(value_node ? value_node : child, &value);
    taint_add(&out->taint, value.taint);
  }
  out->path = type ? type_path(type) : NULL;
  out->literal = node;
  match_literal(node, out->path, NULL);
}

APART static void eval_function(uint32_t node, Value *out) {
  if (flow.quiet) return;
  uint32_t function = function_of(node, false);
  out->function = (int32_t)function + 1;
  uint32_t name = ast_field(flow.ast, node, F_NAME);
  if (name && flow.functions[function].state == 0) {
    out->path = path_of(ast_text(flow.ast, name), true);
    bind_name(ast_text(flow.ast, name), out);
  }
  analyse(function);
}

// Rust: the names of an arm's pattern hold parts of the value.
APART static void eval_match(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t value_node = ast_field(ast, node, F_VALUE), body = ast_field(ast, node, F_BODY);
  Value value = {0};
  if (value_node) eval(value_node, &value);
  flow.branch++;
  for (uint32_t arm = body ? ast_first(ast, body) : 0; arm; arm = ast_next(ast, arm)) {
    uint32_t pattern = ast_field(ast, arm, F_PATTERN), result = ast_field(ast, arm, F_VALUE), height = env_height();
    Value part = {.path = value.path, .taint = value.taint}, answer = {0};
    if (pattern && ast_first(ast, pattern)) assign_to(ast_first(ast, pattern), &part, true);
    if (result) eval(result, &answer);
    taint_add(&out->taint, answer.taint);
    env_drop(height);
  }
  flow.branch--;
}

APART static void eval_branch(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  if (ast_is(ast, node, "match_expression")) {
    eval_match(node, out);
    return;
  }
  for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
    uint16_t field = ast->nodes[child].field;
    bool always = field == F_CONDITION || field == F_INITIALIZER || field == F_VALUE;
    flow.branch += !always;
    Value value = {0};
    eval(child, &value);
    if (!always && flow.id == L_RUST) taint_add(&out->taint, value.taint);
    flow.branch -= !always;
  }
}

static bool is_function_declaration(uint32_t node) {
  const Ast *ast = flow.ast;
  if (ast_role(ast, node) == R_FUNCTION) return true;
  if (ast_is(ast, node, "decorated_definition")) return ast_role(ast, ast_field(ast, node, F_DEFINITION)) == R_FUNCTION;
  if (!ast_is(ast, node, "export_statement")) return false;
  uint32_t declaration = ast_field(ast, node, field_number(text_of("declaration")));
  return declaration && ast_role(ast, declaration) == R_FUNCTION;
}

APART static void eval_block(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t functions = flow.function_count;
  // In Python a block is no scope of its own for names.
  bool scope = flow.id != L_PYTHON;
  if (scope) open_scope();
  if (!flow.quiet) hoist(node);
  uint32_t hoisted = flow.function_count;
  for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
    if (is_function_declaration(child)) {
      uint32_t definition = ast_field(ast, child, F_DEFINITION);
      for (uint32_t mark = definition ? ast_first(ast, child) : 0; mark && mark != definition; mark = ast_next(ast, mark)) {
        Value ignored = {0};
        eval(mark, &ignored);
      }
      continue;
    }
    Value value = {0};
    eval(child, &value);
    if (flow.id == L_RUST && !ast_next(ast, child)) taint_add(&out->taint, value.taint);
  }
  for (uint32_t i = functions; i < hoisted; i++) analyse(i);
  if (scope) close_scope();
}

APART static void eval_foreach(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t right = ast_field(ast, node, F_RIGHT), left = ast_field(ast, node, F_LEFT), height = env_height();
  if (!right) right = ast_field(ast, node, F_VALUE);
  if (!left) left = ast_field(ast, node, F_NAME);
  if (!left) left = ast_field(ast, node, F_PATTERN);
  if (right && left) {
    Value value = {0};
    eval(right, &value);
    Value each = {.path = value.path ? path_member(value.path, text_of("[]")) : NULL, .taint = value.taint};
    uint32_t type = ast_field(ast, node, F_TYPE);
    if (type) each.path = type_path(type);
    assign_to(left, &each, true);
  }
  flow.branch++;
  for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
    if (child == left || child == right) continue;
    Value value = {0};
    eval(child, &value);
  }
  flow.branch--;
  if (flow.id != L_PYTHON) env_drop(height);
  (void)out;
}

APART static void eval_with(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t value_node = ast_field(ast, node, F_VALUE);
  if (!value_node) value_node = ast_first(ast, node);
  if (!value_node) return;
  uint32_t alias = ast_is(ast, value_node, "as_pattern") ? ast_field(ast, value_node, F_ALIAS) : 0;
  eval(alias ? ast_first(ast, value_node) : value_node, out);
  if (alias) assign_to(alias, out, false);
}

APART static void eval_comprehension(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t height = env_height(), body = ast_field(ast, node, F_BODY);
  for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
    if (child == body) continue;
    Value value = {0};
    if (ast_is(ast, child, "for_in_clause")) {
      uint32_t left = ast_field(ast, child, F_LEFT), right = ast_field(ast, child, F_RIGHT);
      if (right) eval(right, &value);
      Value each = {.taint = value.taint};
      if (left) assign_to(left, &each, true);
    } else {
      eval(child, &value);
    }
  }
  if (body) eval(body, out);
  out->constant = C_NONE;
  out->path = NULL;
  env_drop(height);
}

APART static void eval_fields(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t type = ast_field(ast, node, F_TYPE);
  const Path *outer = flow.declared, *declared = type ? type_path(type) : NULL;
  for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
    Value value = {0};
    flow.declared = declared;
    if (child == type) continue;
    if (ast->nodes[child].field == F_DECLARATOR && ast_role(ast, child) != R_DECLARE) {
      uint32_t name = unwrapped(child);
      if (name && ast_role(ast, name) == R_IDENT) bind_name(ast_text(ast, name), &value);
      continue;
    }
    eval(child, &value);
  }
  flow.declared = outer;
}

APART static void eval_return(uint32_t node, Value *out) {
  uint32_t child = ast_first(flow.ast, node);
  if (child) eval(child, out);
  if (!flow.current || !out->taint || flow.quiet) return;
  taint_add(&flow.functions[flow.current - 1].returns, out->taint);
}

APART static void eval_ternary(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t condition = ast_field(ast, node, F_CONDITION), yes = ast_field(ast, node, F_CONSEQUENCE), no = ast_field(ast, node, F_ALTERNATIVE);
  if (!yes) {
    // Python: value if condition else value.
    yes = ast_first(ast, node);
    condition = yes ? ast_next(ast, yes) : 0;
    no = condition ? ast_next(ast, condition) : 0;
  }
  Value other = {0};
  if (condition) eval(condition, &other);
  if (yes) eval(yes, out);
  other = (Value){0};
  if (no) eval(no, &other);
  value_join(out, &other);
}

APART static void eval_role(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t child;
  switch (ast_role(ast, node)) {
    case R_SKIP: case R_COMMENT: return;
    case R_EACH: case R_DECORATED: eval_each(node, out); return;
    case R_IDENT: eval_identifier(node, out); return;
    case R_PASS:
      child = ast_first(ast, node);
      if (child) eval(child, out);
      return;
    case R_CAST:
      child = ast_field(ast, node, F_VALUE);
      if (!child) child = ast_field(ast, node, F_OPERAND);
      if (!child) child = ast_field(ast, node, F_ARGUMENT);
      if (!child) child = ast_first(ast, node);
      if (child) eval(child, out);
      return;
    case R_MEMBER: eval_member(node, out); return;
    case R_INDEX: eval_index(node, out); return;
    case R_CALL: eval_call(node, out); return;
    case R_NEW: eval_new(node, out); return;
    case R_MACRO: eval_macro(node, out); return;
    case R_ASSIGN: case R_AUGMENT: eval_assignment(node, out); return;
    case R_DECLARE: eval_declaration(node, out); return;
    case R_BINARY: eval_binary(node, out); return;
    case R_COMPARE: eval_each(node, out); out->taint = NULL; return;
    case R_EITHER: eval_each(node, out); return;
    case R_TERNARY: eval_ternary(node, out); return;
    case R_TEMPLATE:
      if (ast_is(ast, node, "concatenated_string")) {
        eval_concatenated(node, out);
      } else {
        string_value(node, out);
      }
      return;
    case R_STRING: string_value(node, out); return;
    case R_NUMBER: number_value(node, out); return;
    case R_TRUE: out->constant = text_is(ast_text(ast, node), "false") ? C_FALSE : C_TRUE; return;
    case R_FALSE: out->constant = C_FALSE; return;
    case R_NULL: out->constant = C_NULL; return;
    case R_OBJECT: eval_object(node, out); return;
    case R_LIST:
      eval_each(node, out);
      out->literal = node;
      return;
    case R_FUNCTION: eval_function(node, out); return;
    case R_CLASS: eval_class(node, out); return;
    case R_RETURN: eval_return(node, out); return;
    case R_BRANCH: eval_branch(node, out); return;
    case R_BLOCK: eval_block(node, out); return;
    case R_FOREACH: eval_foreach(node, out); return;
    case R_IMPORT: import_names(node); return;
    case R_UNARY:
      child = ast_field(ast, node, F_ARGUMENT);
      if (!child) child = ast_field(ast, node, F_OPERAND);
      if (!child) child = ast_first(ast, node);
      if (child) eval(child, out);
      if (text_is(operator_of(node), "-") && out->constant == C_NUMBER) {
        out->number = -out->number;
      } else if (!text_is(operator_of(node), "&") && !text_is(operator_of(node), "*")) {
        bool was = out->constant == C_FALSE || (out->constant == C_NUMBER && out->number == 0 && text_is(operator_of(node), "!"));
        *out = (Value){.constant = was ? C_TRUE : out->constant == C_NONE ? C_NONE : C_FALSE};
      }
      return;
    case R_WITH: eval_with(node, out); return;
    case R_COMPREHEND: eval_comprehension(node, out); return;
    case R_FIELDS: eval_fields(node); return;
  }
}

void eval(uint32_t node, Value *out) {
  if (++flow.depth > MAX_EVAL_DEPTH) {
    flow.depth--;
    flow.too_deep = true;
    return;
  }
  eval_role(node, out);
  flow.depth--;
  if (flow.any_marks) match_marks(node, out);
  if (flow.paths && !flow.quiet) {
    flow.paths[node] = out->path;
    flow.constants[node] = out->constant != C_NONE;
  }
}

Hits flow_run(const Ast *ast, Table *table) {
  Function *functions = flow.functions;
  uint32_t room = flow.function_room;
  flow = (Flow){.ast = ast, .table = table, .id = ast->language->id, .functions = functions, .function_room = room};
  bool asks = false;
  for (uint32_t i = 0; i < table->query_count; i++) asks |= table->queries[i].use == U_FINDING;
  env_reset();
  match_queries();
  if (asks) {
    flow.paths = arena_take(ast->count * sizeof *flow.paths);
    flow.constants = arena_take(ast->count);
  }
  Value value = {0};
  eval(0, &value);
  finish_functions(0);
  if (asks) match_queries();
  return (Hits){flow.hits, flow.hit_count, flow.too_deep};
}
