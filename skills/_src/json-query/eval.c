#include <math.h>
#include <string.h>

#include "query.h"

void results_add(Results *results, Json value) {
  static size_t made;
  if (++made > QUERY_MAX_RESULTS) fail("the query makes more than %d values", QUERY_MAX_RESULTS);
  if (results->len == results->room) {
    results->items = grow(results->items, results->room = results->room ? results->room * 2 : 4, sizeof *results->items);
  }
  results->items[results->len++] = value;
}

bool json_truth(const Json *value) { return value->kind != J_NULL && value->kind != J_FALSE; }

const char *json_kind_name(const Json *value) {
  static const char *names[] = {"null", "boolean", "boolean", "number", "string", "array", "object"};
  return names[value->kind];
}

static void get_field(const Node *node, const Json *of, Text name, Results *into) {
  if (of->kind == J_OBJECT) {
    const Json *member = json_member_text(of, name);
    results_add(into, member ? *member : json_null());
  } else if (of->kind == J_NULL) {
    results_add(into, json_null());
  } else if (!node->quiet) {
    fail("a member of that name cannot be taken of a value of type %s; `?` behind the path passes over it", json_kind_name(of));
  }
}

static void get_index(const Node *node, const Json *of, const Json *index, Results *into) {
  if (index->kind == J_STRING) {
    get_field(node, of, json_text(index), into);
  } else if (index->kind == J_NUMBER && (of->kind == J_ARRAY || of->kind == J_NULL)) {
    double at = floor(index->number);
    if (at < 0) at += (double)(of->kind == J_ARRAY ? of->len : 0);
    bool there = of->kind == J_ARRAY && at >= 0 && at < (double)of->len;
    results_add(into, there ? of->items[(size_t)at] : json_null());
  } else if (!node->quiet) {
    fail("a value of type %s has no index of type %s", json_kind_name(of), json_kind_name(index));
  }
}

static size_t bound(const Json *value, size_t len, size_t otherwise) {
  if (value->kind == J_NULL) return otherwise;
  if (value->kind != J_NUMBER) fail("the bounds of a slice must be numbers");
  double at = value->number < 0 ? value->number + (double)len : value->number;
  return at <= 0 || isnan(at) ? 0 : at >= (double)len ? len : (size_t)at;
}

// Byte offset of the n-th character.
static size_t char_offset(Text text, size_t n) {
  size_t at = 0;
  for (; n > 0 && at < text.len; n--) {
    size_t step = utf8_step((Text){text.at + at, text.len - at});
    at += step ? step : 1;
  }
  return at;
}

static void get_slice(const Node *node, const Json *of, const Json *from, const Json *to, Results *into) {
  if (of->kind == J_NULL) {
    results_add(into, json_null());
  } else if (of->kind == J_ARRAY) {
    size_t start = bound(from, of->len, 0), end = bound(to, of->len, of->len);
    if (end < start) end = start;
    results_add(into, (Json){.kind = J_ARRAY, .len = end - start, .items = of->items + start});
  } else if (of->kind == J_STRING) {
    Text text = json_text(of);
    size_t chars = 0;
    for (size_t at = 0; at < text.len; chars++) at += char_offset((Text){text.at + at, text.len - at}, 1);
    size_t start = char_offset(text, bound(from, chars, 0)), end = char_offset(text, bound(to, chars, chars));
    results_add(into, json_string((Text){text.at + start, end > start ? end - start : 0}));
  } else if (!node->quiet) {
    fail("a value of type %s has no slices", json_kind_name(of));
  }
}

static void get_each(const Node *node, const Json *of, Results *into) {
  if (of->kind != J_ARRAY && of->kind != J_OBJECT) {
    if (!node->quiet) fail("a value of type %s has nothing to go through", json_kind_name(of));
    return;
  }
  for (size_t i = 0; i < of->len; i++) results_add(into, of->kind == J_ARRAY ? of->items[i] : of->members[i].value);
}

static void recurse(const Json *value, Results *into) {
  results_add(into, *value);
  if (value->kind != J_ARRAY && value->kind != J_OBJECT) return;
  for (size_t i = 0; i < value->len; i++) recurse(value->kind == J_ARRAY ? &value->items[i] : &value->members[i].value, into);
}

static Json concat(const Json *a, const Json *b) {
  Results all = {0};
  for (size_t i = 0; i < a->len; i++) results_add(&all, a->items[i]);
  for (size_t i = 0; i < b->len; i++) results_add(&all, b->items[i]);
  return (Json){.kind = J_ARRAY, .len = all.len, .items = all.items};
}

static Json merge(const Json *a, const Json *b) {
  Member *members = take(a->len + b->len, sizeof *members);
  size_t len = 0;
  for (size_t i = 0; i < a->len; i++) {
    if (!json_member_text(b, a->members[i].name)) members[len++] = a->members[i];
  }
  for (size_t i = 0; i < b->len; i++) members[len++] = b->members[i];
  return (Json){.kind = J_OBJECT, .len = len, .members = members};
}

static Json subtract(const Json *a, const Json *b) {
  Results left = {0};
  for (size_t i = 0; i < a->len; i++) {
    bool gone = false;
    for (size_t j = 0; j < b->len && !gone; j++) gone = json_equal(&a->items[i], &b->items[j]);
    if (!gone) results_add(&left, a->items[i]);
  }
  return (Json){.kind = J_ARRAY, .len = left.len, .items = left.items};
}

static Json calculate(char operator, const Json *a, const Json *b) {
  if (a->kind == J_NUMBER && b->kind == J_NUMBER) {
    if ((operator == '/' || operator == '%') && b->number == 0) fail("division by zero");
    switch (operator) {
      case '+': return json_number(a->number + b->number);
      case '-': return json_number(a->number - b->number);
      case '*': return json_number(a->number * b->number);
      case '/': return json_number(a->number / b->number);
      default: return json_number(fmod(a->number, b->number));
    }
  }
  if (operator == '+') {
    if (a->kind == J_NULL) return *b;
    if (b->kind == J_NULL) return *a;
    if (a->kind == J_STRING && b->kind == J_STRING) {
      Buf both = {0};
      buf_text(&both, json_text(a));
      buf_text(&both, json_text(b));
      return json_string(buf_done(&both));
    }
    if (a->kind == J_ARRAY && b->kind == J_ARRAY) return concat(a, b);
    if (a->kind == J_OBJECT && b->kind == J_OBJECT) return merge(a, b);
  }
  if (operator == '-' && a->kind == J_ARRAY && b->kind == J_ARRAY) return subtract(a, b);
  fail("%c does not work on values of type %s and %s", operator, json_kind_name(a), json_kind_name(b));
}

static bool compare(Text operator, const Json *a, const Json *b) {
  int order = json_order(a, b);
  switch (operator.at[0]) {
    case '=': return order == 0;
    case '!': return order != 0;
    case '<': return operator.len == 2 ? order <= 0 : order < 0;
    default: return operator.len == 2 ? order >= 0 : order > 0;
  }
}

static void build_object(const Node *node, size_t at, const Json *input, Json made, Results *into) {
  if (at == node->count) {
    results_add(into, made);
    return;
  }
  Results keys = query_run(node->list[at], input), values = query_run(node->list[at + 1], input);
  for (size_t k = 0; k < keys.len; k++) {
    if (keys.items[k].kind != J_STRING) fail("the name of a member must be a string, not a value of type %s", json_kind_name(&keys.items[k]));
    for (size_t v = 0; v < values.len; v++) {
      Member member = {json_text(&keys.items[k]), values.items[v]};
      Json one = {.kind = J_OBJECT, .len = 1, .members = &member};
      build_object(node, at + 2, input, merge(&made, &one), into);
    }
  }
}

static void run_pair(const Node *node, const Json *a, const Json *b, Results *into) {
  switch (node->kind) {
    case N_COMPARE: results_add(into, json_bool(compare(node->name, a, b))); return;
    case N_ARITHMETIC: results_add(into, calculate(node->name.at[0], a, b)); return;
    case N_AND: results_add(into, json_bool(json_truth(a) && json_truth(b))); return;
    default: results_add(into, json_bool(json_truth(a) || json_truth(b))); return;
  }
}

static void run_path(const Node *node, const Json *input, const Json *of, Results *into) {
  static const Node nothing = {.kind = N_LITERAL};
  if (node->kind == N_FIELD) {
    get_field(node, of, node->name, into);
  } else if (node->kind == N_EACH) {
    get_each(node, of, into);
  } else {
    Results first = query_run(node->right ? node->right : &nothing, input);
    Results second = query_run(node->third ? node->third : &nothing, input);
    for (size_t i = 0; i < first.len; i++) {
      if (node->kind == N_INDEX) {
        get_index(node, of, &first.items[i], into);
        continue;
      }
      for (size_t j = 0; j < second.len; j++) get_slice(node, of, &first.items[i], &second.items[j], into);
    }
  }
}

Results query_run(const Node *node, const Json *input) {
  Results into = {0}, left = {0};
  switch (node->kind) {
    case N_IDENTITY: results_add(&into, *input); return into;
    case N_RECURSE: recurse(input, &into); return into;
    case N_LITERAL: results_add(&into, node->literal); return into;
    case N_CALL: function_run(node, input, &into); return into;
    case N_OBJECT: build_object(node, 0, input, (Json){.kind = J_OBJECT}, &into); return into;
    case N_ARRAY:
      if (node->left) left = query_run(node->left, input);
      results_add(&into, (Json){.kind = J_ARRAY, .len = left.len, .items = left.items});
      return into;
    default: break;
  }
  left = query_run(node->left, input);
  if (node->kind == N_ELSE) {
    for (size_t i = 0; i < left.len; i++) {
      if (json_truth(&left.items[i])) results_add(&into, left.items[i]);
    }
    return into.len ? into : query_run(node->right, input);
  }
  if (node->kind == N_COMMA) {
    Results right = query_run(node->right, input);
    for (size_t i = 0; i < right.len; i++) results_add(&left, right.items[i]);
    return left;
  }
  Results right = {0};
  bool pairs = node->kind == N_COMPARE || node->kind == N_ARITHMETIC || node->kind == N_AND || node->kind == N_OR;
  if (pairs) right = query_run(node->right, input);
  for (size_t i = 0; i < left.len; i++) {
    if (node->kind == N_PIPE) {
      Results next = query_run(node->right, &left.items[i]);
      for (size_t j = 0; j < next.len; j++) results_add(&into, next.items[j]);
    } else if (node->kind == N_NEGATE) {
      if (left.items[i].kind != J_NUMBER) fail("- does not work on a value of type %s", json_kind_name(&left.items[i]));
      results_add(&into, json_number(-left.items[i].number));
    } else if (pairs) {
      for (size_t j = 0; j < right.len; j++) run_pair(node, &left.items[i], &right.items[j], &into);
    } else {
      run_path(node, input, &left.items[i], &into);
    }
  }
  return into;
}
