#include <stdlib.h>
#include <string.h>

#include "flow_in.h"

#define MAX_HOIST 5000

void bind_name(Text name, const Value *value) { env_bind(name, value, flow.branch); }

static void update(Text name, const Value *value, bool fresh) {
  Binding *binding = fresh ? NULL : env_find(name);
  if (!binding) {
    bind_name(name, value);
    return;
  }
  if (flow.branch > binding->branch) {
    // Perhaps not run: what was known before may still hold.
    value_join(&binding->value, value);
    if (!binding->value.path) binding->value.path = value->path;
    binding->value.literal = 0;
  } else {
    const Path *other = binding->value.other;
    binding->value = *value;
    if (!binding->value.other) binding->value.other = other;
  }
}

uint32_t unwrapped(uint32_t node) {
  const Ast *ast = flow.ast;
  for (int i = 0; i < 12 && node; i++) {
    const char *kind = ast_kind(ast, node);
    if (strstr(kind, "_declarator") && strcmp(kind, "variable_declarator") != 0) {
      uint32_t inner = ast_field(ast, node, F_DECLARATOR);
      node = inner ? inner : ast_first(ast, node);
    } else if (ast_role(ast, node) == R_PASS || strcmp(kind, "captured_pattern") == 0 || strcmp(kind, "as_pattern_target") == 0 || strcmp(kind, "ref_pattern") == 0) {
      node = ast_first(ast, node);
    } else {
      break;
    }
  }
  return node;
}

static void member_of_value(const Value *value, Text name, uint32_t node, Value *out) {
  bool nothing = !value->path;
  *out = (Value){.path = nothing ? path_of(name, true) : path_member(value->path, name), .taint = value->taint};
  if (value->other) out->other = path_member(value->other, name);
  if (value->literal) {
    uint32_t at = 0;
    Value known = {0};
    if (literal_member(value->literal, name, &known, &at)) *out = known;
  }
  match_read(node, out);
}

APART static void destructure(uint32_t target, Value *value, bool fresh) {
  const Ast *ast = flow.ast;
  for (uint32_t child = ast_first(ast, target); child; child = ast_next(ast, child)) {
    const char *kind = ast_kind(ast, child);
    Value part;
    if (ast->nodes[child].field == F_TYPE) continue;
    if (strcmp(kind, "shorthand_property_identifier_pattern") == 0 || strcmp(kind, "shorthand_field_identifier") == 0) {
      member_of_value(value, ast_text(ast, child), child, &part);
      update(ast_text(ast, child), &part, fresh);
    } else if (strcmp(kind, "pair_pattern") == 0 || strcmp(kind, "field_pattern") == 0) {
      uint32_t key = ast_field(ast, child, F_KEY), inner = ast_field(ast, child, F_VALUE);
      if (!key) key = ast_field(ast, child, F_NAME);
      if (!inner) inner = ast_field(ast, child, F_PATTERN);
      if (!key) continue;
      member_of_value(value, key_text(key), child, &part);
      assign_to(inner ? inner : key, &part, fresh);
    } else if (strcmp(kind, "object_assignment_pattern") == 0) {
      uint32_t left = ast_field(ast, child, F_LEFT), right = ast_field(ast, child, F_RIGHT);
      if (!left) continue;
      Value other = {0};
      if (right) eval(right, &other);
      member_of_value(value, ast_text(ast, left), child, &part);
      update(ast_text(ast, left), &part, fresh);
    } else if (strcmp(kind, "rest_pattern") == 0 || strcmp(kind, "list_splat_pattern") == 0) {
      uint32_t inner = ast_first(ast, child);
      if (inner) assign_to(inner, value, fresh);
    } else {
      part = (Value){.path = path_member(value->path, text_of("[]")), .taint = value->taint};
      assign_to(child, &part, fresh);
    }
  }
}

APART void assign_to(uint32_t target, Value *value, bool fresh) {
  const Ast *ast = flow.ast;
  target = unwrapped(target);
  if (!target || ++flow.depth > MAX_EVAL_DEPTH) {
    flow.depth -= target != 0;
    return;
  }
  Role role = ast_role(ast, target);
  const char *kind = ast_kind(ast, target);
  if (role == R_IDENT || strcmp(kind, "type_identifier") == 0 || strcmp(kind, "property_identifier") == 0 || strcmp(kind, "field_identifier") == 0) {
    Text name = ast_text(ast, target);
    match_assign(path_of(name, true), target, value);
    if (!text_is(name, "_") && !text_is(name, "err")) {
      if (value->taint) value->taint = taint_stepped(value->taint, "is kept in a variable", target);
      update(name, value, fresh);
    }
  } else if (role == R_MEMBER || role == R_INDEX) {
    Value whole = {0};
    eval_quiet(target, &whole);
    match_assign(whole.path, target, value);
    if (whole.other) match_assign(whole.other, target, value);
    uint32_t base = ast_first(ast, target);
    Text name = ast_text(ast, target);
    if (role == R_MEMBER && base && ast_role(ast, base) == R_IDENT && name.len < 200) {
      update(name, value, false);
    } else if (value->taint && base && ast_role(ast, base) == R_IDENT) {
      Binding *binding = env_find(ast_text(ast, base));
      if (binding) taint_add(&binding->value.taint, value->taint);
    }
  } else if (role == R_CAST || role == R_UNARY) {
    // *p = x
    uint32_t inner = ast_field(ast, target, F_ARGUMENT);
    if (!inner) inner = ast_first(ast, target);
    Binding *binding = inner && ast_role(ast, inner) == R_IDENT ? env_find(ast_text(ast, inner)) : NULL;
    if (binding) taint_add(&binding->value.taint, value->taint);
  } else if (strcmp(kind, "assignment_pattern") == 0) {
    uint32_t left = ast_field(ast, target, F_LEFT), right = ast_field(ast, target, F_RIGHT);
    Value other = {0};
    if (right) eval(right, &other);
    if (left) assign_to(left, value, fresh);
  } else {
    destructure(target, value, fresh);
  }
  flow.depth--;
}

uint32_t declared_name(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t name = ast_field(ast, node, F_NAME);
  if (!name) name = ast_field(ast, node, F_PATTERN);
  if (!name) name = ast_field(ast, node, F_PROPERTY);
  if (!name) name = ast_field(ast, node, F_DECLARATOR);
  return unwrapped(name);
}

const Path *type_path(uint32_t node) {
  const Ast *ast = flow.ast;
  for (int i = 0; i < 10 && node; i++) {
    const char *kind = ast_kind(ast, node);
    if (strcmp(kind, "type_identifier") == 0 || strcmp(kind, "identifier") == 0) {
      Text name = ast_text(ast, node);
      Binding *binding = env_find(name);
      return binding && binding->value.path ? binding->value.path : path_of(name, true);
    }
    if (ast_role(ast, node) == R_MEMBER || strcmp(kind, "nested_type_identifier") == 0) {
      Value value = {0};
      eval_quiet(node, &value);
      return value.path;
    }
    if (strcmp(kind, "primitive_type") == 0 || strcmp(kind, "predefined_type") == 0) return NULL;
    if (strcmp(kind, "string") == 0) return NULL;
    node = ast_first(ast, node);
  }
  return NULL;
}

uint32_t function_of(uint32_t node, bool method) {
  const Ast *ast = flow.ast;
  for (uint32_t i = flow.function_count; i-- > 0; ) {
    if (flow.functions[i].node == node) return i;
    // Functions are made in order of their place, apart from hoisting: look back a little only.
    if (flow.function_count - i > 200) break;
  }
  if (flow.function_count == flow.function_room) {
    flow.functions = grow(flow.functions, flow.function_room = flow.function_room ? flow.function_room * 2 : 256, sizeof *flow.functions);
  }
  Function *it = &flow.functions[flow.function_count];
  *it = (Function){.node = node, .level = flow.level_count, .method = method};
  it->body = ast_field(ast, node, F_BODY);
  it->parameters = ast_field(ast, node, F_PARAMETERS);
  if (!it->parameters) it->parameters = ast_field(ast, node, F_PARAMETER);
  for (uint32_t at = ast_field(ast, node, F_DECLARATOR), i = 0; at && !it->parameters && i < 8; i++) {
    it->parameters = ast_field(ast, at, F_PARAMETERS);
    at = ast_field(ast, at, F_DECLARATOR);
  }
  return flow.function_count++;
}

APART static void bind_parameter(uint32_t function, uint32_t declaration, uint32_t target, uint32_t *index, const Path *type, bool rest) {
  const Ast *ast = flow.ast;
  target = unwrapped(target);
  if (!target) return;
  Text name = ast_text(ast, target);
  Value value = {0};
  if (ast_role(ast, target) == R_IDENT) value.path = path_of(name, true);
  value.other = type;
  // A type says more than a name, where types are always there.
  if (type && (flow.id == L_JAVA || flow.id == L_GO || flow.id == L_RUST)) {
    value.other = value.path;
    value.path = type;
  }
  if (*index < MAX_PARAMETERS) {
    Taint *taint = arena_take(sizeof *taint);
    *taint = (Taint){.mask = flow.table->everything, .origin = (int32_t)(function * MAX_PARAMETERS + *index)};
    value.taint = taint;
  }
  if (!rest) ++*index;
  const Taint *callback = flow.functions[function].callback;
  if (callback) taint_add(&value.taint, callback);
  match_parameter(flow.functions[function].node, declaration, name, &value);
  if (ast_role(ast, target) == R_IDENT) {
    match_read(target, &value);
    bind_name(name, &value);
  } else {
    assign_to(target, &value, true);
  }
}

APART static void bind_parameters(uint32_t function) {
  const Ast *ast = flow.ast;
  uint32_t list = flow.functions[function].parameters, index = 0;
  if (!list) return;
  if (ast_role(ast, list) == R_IDENT) {
    bind_parameter(function, list, list, &index, NULL, false);
    return;
  }
  for (uint32_t child = ast_first(ast, list); child; child = ast_next(ast, child)) {
    const char *kind = ast_kind(ast, child);
    uint32_t type = ast_field(ast, child, F_TYPE);
    const Path *path = type ? type_path(type) : NULL;
    bool rest = strstr(kind, "rest") || strstr(kind, "splat") || strstr(kind, "spread") || strstr(kind, "variadic");
    if (ast_role(ast, child) == R_IDENT) {
      Text name = ast_text(ast, child);
      if (flow.functions[function].method && index == 0 && flow.id == L_PYTHON && (text_is(name, "self") || text_is(name, "cls"))) continue;
      bind_parameter(function, child, child, &index, NULL, false);
      continue;
    }
    if (strcmp(kind, "self_parameter") == 0 || strcmp(kind, "receiver_parameter") == 0) continue;
    if (flow.id == L_GO) {
      for (uint32_t name = ast_first(ast, child); name; name = ast_next(ast, name)) {
        if (ast->nodes[name].field == F_NAME) bind_parameter(function, child, name, &index, path, rest);
      }
      continue;
    }
    uint32_t target = declared_name(child);
    if (!target) target = ast_field(ast, child, F_LEFT);
    if (!target) target = strstr(kind, "typed") || rest ? ast_first(ast, child) : child;
    uint32_t standard = ast_field(ast, child, F_VALUE);
    Value ignored = {0};
    if (standard) eval(standard, &ignored);
    bind_parameter(function, child, target, &index, path, rest);
  }
}

static void bind_receiver(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t receiver = ast_field(ast, node, F_RECEIVER);
  uint32_t declaration = receiver ? ast_first(ast, receiver) : 0;
  uint32_t name = declaration ? ast_field(ast, declaration, F_NAME) : 0;
  if (!name) return;
  Value value = {.path = type_path(ast_field(ast, declaration, F_TYPE))};
  bind_name(ast_text(ast, name), &value);
}

APART void analyse(uint32_t function) {
  Function it = flow.functions[function];
  if (it.state != 0) return;
  flow.functions[function].state = 1;
  if (it.body && flow.depth < MAX_EVAL_DEPTH) {
    // What was declared beside it later is seen too, what was declared further inside is not.
    env_hide(it.level < flow.level_count ? flow.levels[it.level] : env_height());
    open_scope();
    uint32_t before = flow.current;
    flow.current = function + 1;
    flow.branch++;
    bind_receiver(it.node);
    bind_parameters(function);
    Value value = {0};
    eval(it.body, &value);
    // An arrow function's expression, a Rust block's last one.
    if (ast_role(flow.ast, it.body) != R_BLOCK || flow.id == L_RUST) taint_add(&flow.functions[function].returns, value.taint);
    flow.branch--;
    flow.current = before;
    close_scope();
    env_show();
  } else if (it.body) {
    flow.too_deep = true;
  }
  flow.functions[function].state = 2;
}

// Looks through `export`, decorators and the like.
static uint32_t declaration_in(uint32_t node) {
  const Ast *ast = flow.ast;
  for (int i = 0; i < 3 && node; i++) {
    if (ast_role(ast, node) == R_FUNCTION) return node;
    const char *kind = ast_kind(ast, node);
    if (strcmp(kind, "export_statement") == 0) {
      node = ast_field(ast, node, field_number(text_of("declaration")));
    } else if (strcmp(kind, "decorated_definition") == 0) {
      node = ast_field(ast, node, F_DEFINITION);
    } else {
      return 0;
    }
  }
  return 0;
}

static Text function_name(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t name = ast_field(ast, node, F_NAME);
  for (uint32_t at = ast_field(ast, node, F_DECLARATOR), i = 0; at && !name && i < 8; i++) {
    if (ast_role(ast, at) == R_IDENT) name = at;
    at = ast_field(ast, at, F_DECLARATOR);
  }
  return name ? ast_text(ast, name) : (Text){"", 0};
}

static Text joined(const char *front, Text name) {
  size_t len = strlen(front);
  char *at = arena_take(len + name.len + 1);
  memcpy(at, front, len);
  if (name.len) memcpy(at + len, name.at, name.len);
  return (Text){at, len + name.len};
}

APART void hoist(uint32_t block) {
  const Ast *ast = flow.ast;
  for (uint32_t child = ast_first(ast, block); child; child = ast_next(ast, child)) {
    uint32_t node = declaration_in(child);
    if (!node) continue;
    Text name = function_name(node);
    uint32_t function = function_of(node, false);
    Value value = {.path = path_of(name, true), .function = (int32_t)function + 1};
    if (name.len && !ast_field(ast, node, F_RECEIVER)) bind_name(name, &value);
  }
}

void finish_functions(uint32_t from) {
  for (uint32_t i = from; i < flow.function_count; i++) {
    if (flow.functions[i].state == 0) analyse(i);
  }
}

static void class_member(uint32_t child, const Path *type) {
  const Ast *ast = flow.ast;
  uint32_t node = declaration_in(child);
  if (node) {
    Text name = function_name(node);
    uint32_t function = function_of(node, true);
    Value value = {.path = path_member(type, name), .function = (int32_t)function + 1};
    if (name.len == 0) return;
    bind_name(joined("this.", name), &value);
    bind_name(joined("self.", name), &value);
    if (flow.id == L_JAVA) bind_name(name, &value);
    if (flow.id == L_RUST) bind_name(joined("Self.", name), &value);
    return;
  }
  if (!ast_is(ast, child, "field_declaration") && !ast_is(ast, child, "public_field_definition")) return;
  const Path *declared = ast_field(ast, child, F_TYPE) ? type_path(ast_field(ast, child, F_TYPE)) : NULL;
  uint32_t name = declared_name(child);
  if (name && ast_is(ast, name, "variable_declarator")) name = declared_name(name);
  if (!name || !declared) return;
  Value value = {.path = declared};
  bind_name(joined("this.", ast_text(ast, name)), &value);
  if (flow.id == L_JAVA) bind_name(ast_text(ast, name), &value);
}

// Fields that a constructor's parameter properties or annotations declare are left to the walk.
APART void eval_class(uint32_t node, Value *out) {
  const Ast *ast = flow.ast;
  uint32_t name = ast_field(ast, node, F_NAME), body = ast_field(ast, node, F_BODY);
  if (!name) name = ast_field(ast, node, F_TYPE);
  if (name) {
    out->path = path_of(ast_text(ast, name), true);
    bind_name(ast_text(ast, name), out);
  }
  if (!body) return;
  uint32_t from = flow.function_count;
  open_scope();
  for (uint32_t child = ast_first(ast, body); child; child = ast_next(ast, child)) class_member(child, out->path);
  uint32_t methods = flow.function_count;
  for (uint32_t child = ast_first(ast, body); child; child = ast_next(ast, child)) {
    if (declaration_in(child)) continue;
    Value value = {0};
    eval(child, &value);
  }
  for (uint32_t i = from; i < methods; i++) analyse(i);
  close_scope();
}

static void bind_path(Text name, const Path *path) {
  Value value = {.path = path};
  bind_name(name, &value);
}

static const Path *module_path(Text name) {
  if (name.len > 5 && memcmp(name.at, "node:", 5) == 0) name = (Text){name.at + 5, name.len - 5};
  return path_of(name, false);
}

static void import_javascript(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t source = ast_field(ast, node, F_SOURCE), clause = ast_child_of_kind(ast, node, "import_clause");
  if (!source || !clause) return;
  const Path *module = module_path(key_text(source));
  for (uint32_t child = ast_first(ast, clause); child; child = ast_next(ast, child)) {
    if (ast_role(ast, child) == R_IDENT) {
      bind_path(ast_text(ast, child), module);
    } else if (ast_is(ast, child, "namespace_import") && ast_first(ast, child)) {
      bind_path(ast_text(ast, ast_first(ast, child)), module);
    } else if (ast_is(ast, child, "named_imports")) {
      for (uint32_t one = ast_first(ast, child); one; one = ast_next(ast, one)) {
        uint32_t name = ast_field(ast, one, F_NAME), alias = ast_field(ast, one, F_ALIAS);
        if (!name) continue;
        Text imported = key_text(name);
        bind_path(ast_text(ast, alias ? alias : name), text_is(imported, "default") ? module : path_member(module, imported));
      }
    }
  }
}

static void import_python(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t module = ast_field(ast, node, F_MODULE_NAME);
  const Path *base = module ? path_dotted(ast_text(ast, module), NULL) : NULL;
  for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) {
    if (ast->nodes[child].field != F_NAME) continue;
    bool aliased = ast_is(ast, child, "aliased_import");
    uint32_t name = aliased ? ast_field(ast, child, F_NAME) : child, alias = aliased ? ast_field(ast, child, F_ALIAS) : 0;
    if (!name) continue;
    Text text = ast_text(ast, name);
    if (module || alias) {
      bind_path(ast_text(ast, alias ? alias : name), path_dotted(text, base));
      continue;
    }
    // import a.b binds a.
    const char *dot = memchr(text.at, '.', text.len);
    if (dot) text.len = (size_t)(dot - text.at);
    bind_path(text, path_of(text, false));
  }
}

static void import_go(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t path = ast_field(ast, node, F_PATH), alias = ast_field(ast, node, F_NAME);
  if (!path) return;
  Text text = key_text(path), name = text;
  size_t end = name.len;
  for (int i = 0; i < 2; i++) {
    size_t from = end;
    while (from > 0 && name.at[from - 1] != '/') from--;
    Text last = {name.at + from, end - from};
    if (i == 0 && last.len >= 2 && last.at[0] == 'v' && last.at[1] >= '0' && last.at[1] <= '9' && from > 0) {
      end = from - 1;
      continue;
    }
    const char *dot = memchr(last.at, '.', last.len);
    if (dot) last.len = (size_t)(dot - last.at);
    if (last.len > 3 && memcmp(last.at, "go-", 3) == 0) last = (Text){last.at + 3, last.len - 3};
    name = last;
    break;
  }
  bind_path(alias ? ast_text(ast, alias) : name, path_of(text, false));
}

static void import_java(uint32_t node) {
  const Ast *ast = flow.ast;
  uint32_t name = ast_first(ast, node);
  if (!name || ast_child_of_kind(ast, node, "asterisk")) return;
  Text text = ast_text(ast, name), last = text;
  for (size_t i = text.len; i-- > 0; ) {
    if (text.at[i] != '.') continue;
    last = (Text){text.at + i + 1, text.len - i - 1};
    break;
  }
  bind_path(last, path_dotted(text, NULL));
}

static const Path *rust_path(uint32_t node, const Path *base) {
  const Ast *ast = flow.ast;
  if (ast_is(ast, node, "scoped_identifier")) {
    uint32_t left = ast_field(ast, node, F_PATH), name = ast_field(ast, node, F_NAME);
    if (left && ast->nodes[node].depth < 300) base = rust_path(left, base);
    return name ? (base ? path_member(base, ast_text(ast, name)) : path_of(ast_text(ast, name), false)) : base;
  }
  Text text = ast_text(ast, node);
  return base ? path_member(base, text) : path_of(text, false);
}

static void import_rust(uint32_t node, const Path *base, int depth) {
  const Ast *ast = flow.ast;
  if (!node || depth > 20) return;
  if (ast_is(ast, node, "use_as_clause")) {
    uint32_t path = ast_field(ast, node, F_PATH), alias = ast_field(ast, node, F_ALIAS);
    if (path && alias) bind_path(ast_text(ast, alias), rust_path(path, base));
  } else if (ast_is(ast, node, "scoped_use_list")) {
    uint32_t path = ast_field(ast, node, F_PATH);
    import_rust(ast_field(ast, node, F_LIST), path ? rust_path(path, base) : base, depth + 1);
  } else if (ast_is(ast, node, "use_list")) {
    for (uint32_t child = ast_first(ast, node); child; child = ast_next(ast, child)) import_rust(child, base, depth + 1);
  } else if (ast_is(ast, node, "self")) {
    if (base) bind_path(base->name, base);
  } else if (!ast_is(ast, node, "use_wildcard")) {
    const Path *path = rust_path(node, base);
    if (path) bind_path(path->name, path);
  }
}

void import_names(uint32_t node) {
  switch (flow.id) {
    case L_JAVASCRIPT: case L_TYPESCRIPT: case L_TSX: import_javascript(node); return;
    case L_PYTHON: import_python(node); return;
    case L_GO: import_go(node); return;
    case L_JAVA: import_java(node); return;
    case L_RUST: import_rust(ast_field(flow.ast, node, F_ARGUMENT), NULL, 0); return;
    case L_C: case LANGUAGES: return;
  }
}
