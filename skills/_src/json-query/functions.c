#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"

static Json array_of(Results results) { return (Json){.kind = J_ARRAY, .len = results.len, .items = results.items}; }

static const Json *want(const Json *input, JsonKind kind, const Node *call) {
  if (input->kind != kind) {
    fail("%.*s does not work on a value of type %s", (int)call->name.len, call->name.at, json_kind_name(input));
  }
  return input;
}

// The one result of an argument.
static Json argument(const Node *call, const Json *input, JsonKind kind) {
  Results results = query_run(call->list[0], input);
  if (results.len != 1 || results.items[0].kind != kind) {
    fail("the argument of %.*s has the wrong type", (int)call->name.len, call->name.at);
  }
  return results.items[0];
}

static void f_length(const Node *call, const Json *in, Results *out) {
  size_t len = in->len;
  if (in->kind == J_STRING) {
    len = 0;
    for (size_t at = 0; at < in->len; len++) {
      size_t step = utf8_step((Text){in->text + at, in->len - at});
      at += step ? step : 1;
    }
  } else if (in->kind == J_NUMBER) {
    results_add(out, json_number(fabs(in->number)));
    return;
  } else if (in->kind != J_NULL) {
    want(in, in->kind == J_OBJECT ? J_OBJECT : J_ARRAY, call);
  }
  results_add(out, json_number((double)(in->kind == J_NULL ? 0 : len)));
}

static int by_text(const void *a, const void *b) { return json_order(a, b); }

static Json sorted(const Json *array) {
  Json *items = take(array->len, sizeof *items);
  if (array->len) memcpy(items, array->items, array->len * sizeof *items);
  qsort(items, array->len, sizeof *items, by_text);
  return (Json){.kind = J_ARRAY, .len = array->len, .items = items};
}

static void f_keys(const Node *call, const Json *in, Results *out) {
  Results names = {0};
  if (in->kind != J_ARRAY) want(in, J_OBJECT, call);
  for (size_t i = 0; i < in->len; i++) {
    results_add(&names, in->kind == J_ARRAY ? json_number((double)i) : json_string(in->members[i].name));
  }
  Json array = array_of(names);
  results_add(out, sorted(&array));
}

static void f_values(const Node *call, const Json *in, Results *out) {
  Results values = {0};
  if (in->kind != J_ARRAY) want(in, J_OBJECT, call);
  for (size_t i = 0; i < in->len; i++) results_add(&values, in->kind == J_ARRAY ? in->items[i] : in->members[i].value);
  results_add(out, array_of(values));
}

static void f_has(const Node *call, const Json *in, Results *out) {
  if (in->kind == J_ARRAY) {
    double at = argument(call, in, J_NUMBER).number;
    results_add(out, json_bool(at >= 0 && at < (double)in->len));
    return;
  }
  Json name = argument(call, in, J_STRING);
  results_add(out, json_bool(json_member_text(want(in, J_OBJECT, call), json_text(&name)) != NULL));
}

static void f_map(const Node *call, const Json *in, Results *out) {
  Results all = {0};
  want(in, J_ARRAY, call);
  for (size_t i = 0; i < in->len; i++) {
    Results some = query_run(call->list[0], &in->items[i]);
    for (size_t j = 0; j < some.len; j++) results_add(&all, some.items[j]);
  }
  results_add(out, array_of(all));
}

static void f_select(const Node *call, const Json *in, Results *out) {
  Results tests = query_run(call->list[0], in);
  for (size_t i = 0; i < tests.len; i++) {
    if (json_truth(&tests.items[i])) results_add(out, *in);
  }
}

static void f_sort(const Node *call, const Json *in, Results *out) { results_add(out, sorted(want(in, J_ARRAY, call))); }

typedef struct {
  Json key, value;
  size_t at;
} Keyed;

static int by_key(const void *a, const void *b) {
  const Keyed *left = a, *right = b;
  int order = json_order(&left->key, &right->key);
  return order ? order : (left->at > right->at) - (left->at < right->at);
}

static Keyed *keyed(const Node *call, const Json *in) {
  Keyed *all = take(in->len, sizeof *all);
  for (size_t i = 0; i < in->len; i++) all[i] = (Keyed){array_of(query_run(call->list[0], &in->items[i])), in->items[i], i};
  qsort(all, in->len, sizeof *all, by_key);
  return all;
}

static void f_sort_by(const Node *call, const Json *in, Results *out) {
  Results values = {0};
  Keyed *all = keyed(call, want(in, J_ARRAY, call));
  for (size_t i = 0; i < in->len; i++) results_add(&values, all[i].value);
  results_add(out, array_of(values));
}

static void f_group_by(const Node *call, const Json *in, Results *out) {
  Results groups = {0}, group = {0};
  Keyed *all = keyed(call, want(in, J_ARRAY, call));
  for (size_t i = 0; i < in->len; i++) {
    if (i && !json_equal(&all[i - 1].key, &all[i].key)) {
      results_add(&groups, array_of(group));
      group = (Results){0};
    }
    results_add(&group, all[i].value);
  }
  if (group.len) results_add(&groups, array_of(group));
  results_add(out, array_of(groups));
}

static void f_unique(const Node *call, const Json *in, Results *out) {
  Results kept = {0};
  Json all = sorted(want(in, J_ARRAY, call));
  for (size_t i = 0; i < all.len; i++) {
    if (i == 0 || !json_equal(&all.items[i - 1], &all.items[i])) results_add(&kept, all.items[i]);
  }
  results_add(out, array_of(kept));
}

static void f_reverse(const Node *call, const Json *in, Results *out) {
  Results turned = {0};
  for (size_t i = want(in, J_ARRAY, call)->len; i-- > 0; ) results_add(&turned, in->items[i]);
  results_add(out, array_of(turned));
}

static void f_first(const Node *call, const Json *in, Results *out) {
  results_add(out, want(in, J_ARRAY, call)->len ? in->items[0] : json_null());
}

static void f_last(const Node *call, const Json *in, Results *out) {
  results_add(out, want(in, J_ARRAY, call)->len ? in->items[in->len - 1] : json_null());
}

static void extreme(const Node *call, const Json *in, Results *out, int sign) {
  const Json *best = NULL;
  for (size_t i = 0; i < want(in, J_ARRAY, call)->len; i++) {
    if (!best || json_order(&in->items[i], best) * sign > 0) best = &in->items[i];
  }
  results_add(out, best ? *best : json_null());
}

static void f_min(const Node *call, const Json *in, Results *out) { extreme(call, in, out, -1); }
static void f_max(const Node *call, const Json *in, Results *out) { extreme(call, in, out, 1); }

static void f_add(const Node *call, const Json *in, Results *out) {
  double sum = 0;
  Buf text = {0};
  Results items = {0};
  JsonKind kind = want(in, J_ARRAY, call)->len ? in->items[0].kind : J_NULL;
  for (size_t i = 0; i < in->len; i++) {
    const Json *item = want(&in->items[i], kind, call);
    sum += item->number;
    if (kind == J_STRING) buf_text(&text, json_text(item));
    for (size_t j = 0; kind == J_ARRAY && j < item->len; j++) results_add(&items, item->items[j]);
  }
  if (in->len && kind != J_NUMBER && kind != J_STRING && kind != J_ARRAY) fail("add works on numbers, strings and arrays");
  results_add(out, !in->len ? json_null() : kind == J_NUMBER ? json_number(sum) : kind == J_STRING ? json_string(buf_done(&text)) : array_of(items));
}

static void f_type(const Node *call, const Json *in, Results *out) {
  (void)call;
  results_add(out, json_string(text_of(json_kind_name(in))));
}

static void f_not(const Node *call, const Json *in, Results *out) {
  (void)call;
  results_add(out, json_bool(!json_truth(in)));
}

static void f_empty(const Node *call, const Json *in, Results *out) { (void)call, (void)in, (void)out; }

static void f_tostring(const Node *call, const Json *in, Results *out) {
  (void)call;
  Buf text = {0};
  if (in->kind != J_STRING) json_write(&text, in, 0, false);
  results_add(out, in->kind == J_STRING ? *in : json_string(buf_done(&text)));
}

static void f_tonumber(const Node *call, const Json *in, Results *out) {
  Json number = *in;
  if (in->kind != J_NUMBER && (json_read(json_text(want(in, J_STRING, call)), &number).why || number.kind != J_NUMBER)) {
    fail("tonumber: the string is not a number");
  }
  results_add(out, number);
}

static Json member_pair(Text key, Json value) {
  Member *members = take(2, sizeof *members);
  members[0] = (Member){text_of("key"), json_string(key)};
  members[1] = (Member){text_of("value"), value};
  return (Json){.kind = J_OBJECT, .len = 2, .members = members};
}

static void f_to_entries(const Node *call, const Json *in, Results *out) {
  Results entries = {0};
  for (size_t i = 0; i < want(in, J_OBJECT, call)->len; i++) results_add(&entries, member_pair(in->members[i].name, in->members[i].value));
  results_add(out, array_of(entries));
}

static void f_from_entries(const Node *call, const Json *in, Results *out) {
  Member *members = take(want(in, J_ARRAY, call)->len, sizeof *members);
  for (size_t i = 0; i < in->len; i++) {
    const Json *key = json_member(&in->items[i], "key"), *value = json_member(&in->items[i], "value");
    if (!key || key->kind != J_STRING) fail("from_entries: every entry needs a key that is a string");
    members[i] = (Member){json_text(key), value ? *value : json_null()};
  }
  results_add(out, (Json){.kind = J_OBJECT, .len = in->len, .members = members});
}

static void f_join(const Node *call, const Json *in, Results *out) {
  Json between = argument(call, in, J_STRING);
  Buf text = {0};
  for (size_t i = 0; i < want(in, J_ARRAY, call)->len; i++) {
    if (i) buf_text(&text, json_text(&between));
    if (in->items[i].kind == J_STRING) {
      buf_text(&text, json_text(&in->items[i]));
    } else if (in->items[i].kind != J_NULL) {
      json_write(&text, &in->items[i], 0, false);
    }
  }
  results_add(out, json_string(buf_done(&text)));
}

static void f_split(const Node *call, const Json *in, Results *out) {
  Json between = argument(call, in, J_STRING);
  Text text = json_text(want(in, J_STRING, call)), by = json_text(&between);
  if (by.len == 0) fail("split needs a text to split at");
  Results parts = {0};
  for (size_t at = 0;;) {
    size_t next = text_find(text, by, at);
    results_add(&parts, json_string((Text){text.at + at, (next == SIZE_MAX ? text.len : next) - at}));
    if (next == SIZE_MAX) break;
    at = next + by.len;
  }
  results_add(out, array_of(parts));
}

static void f_contains(const Node *call, const Json *in, Results *out) {
  if (in->kind == J_STRING) {
    Json part = argument(call, in, J_STRING);
    results_add(out, json_bool(text_find(json_text(in), json_text(&part), 0) != SIZE_MAX));
    return;
  }
  Results wanted = query_run(call->list[0], in);
  bool found = false;
  for (size_t i = 0; i < want(in, J_ARRAY, call)->len && wanted.len && !found; i++) found = json_equal(&in->items[i], &wanted.items[0]);
  results_add(out, json_bool(found));
}

static void f_startswith(const Node *call, const Json *in, Results *out) {
  Json part = argument(call, in, J_STRING);
  want(in, J_STRING, call);
  results_add(out, json_bool(part.len <= in->len && text_equal((Text){in->text, part.len}, json_text(&part))));
}

static void f_endswith(const Node *call, const Json *in, Results *out) {
  Json part = argument(call, in, J_STRING);
  want(in, J_STRING, call);
  results_add(out, json_bool(part.len <= in->len && text_equal((Text){in->text + in->len - part.len, part.len}, json_text(&part))));
}

static void f_flatten(const Node *call, const Json *in, Results *out) {
  Results flat = {0};
  for (size_t i = 0; i < want(in, J_ARRAY, call)->len; i++) {
    if (in->items[i].kind != J_ARRAY) {
      results_add(&flat, in->items[i]);
      continue;
    }
    Results inner = {0};
    f_flatten(call, &in->items[i], &inner);
    for (size_t j = 0; j < inner.items[0].len; j++) results_add(&flat, inner.items[0].items[j]);
  }
  results_add(out, array_of(flat));
}

static void f_floor(const Node *call, const Json *in, Results *out) { results_add(out, json_number(floor(want(in, J_NUMBER, call)->number))); }
static void f_round(const Node *call, const Json *in, Results *out) { results_add(out, json_number(round(want(in, J_NUMBER, call)->number))); }

static void f_any(const Node *call, const Json *in, Results *out) {
  bool any = false;
  for (size_t i = 0; i < want(in, J_ARRAY, call)->len; i++) any |= json_truth(&in->items[i]);
  results_add(out, json_bool(any));
}

static void f_all(const Node *call, const Json *in, Results *out) {
  bool all = true;
  for (size_t i = 0; i < want(in, J_ARRAY, call)->len; i++) all &= json_truth(&in->items[i]);
  results_add(out, json_bool(all));
}

static const struct {
  const char *name;
  size_t arguments;
  void (*run)(const Node *call, const Json *input, Results *into);
} FUNCTIONS[] = {
    {"length", 0, f_length},     {"keys", 0, f_keys},         {"values", 0, f_values},       {"has", 1, f_has},
    {"map", 1, f_map},           {"select", 1, f_select},     {"sort", 0, f_sort},           {"sort_by", 1, f_sort_by},
    {"group_by", 1, f_group_by}, {"unique", 0, f_unique},     {"reverse", 0, f_reverse},     {"first", 0, f_first},
    {"last", 0, f_last},         {"min", 0, f_min},           {"max", 0, f_max},             {"add", 0, f_add},
    {"type", 0, f_type},         {"not", 0, f_not},           {"empty", 0, f_empty},         {"tostring", 0, f_tostring},
    {"tonumber", 0, f_tonumber}, {"flatten", 0, f_flatten},   {"to_entries", 0, f_to_entries}, {"from_entries", 0, f_from_entries},
    {"join", 1, f_join},         {"split", 1, f_split},       {"contains", 1, f_contains},   {"startswith", 1, f_startswith},
    {"endswith", 1, f_endswith}, {"floor", 0, f_floor},       {"round", 0, f_round},         {"any", 0, f_any},
    {"all", 0, f_all},
};

static int find(Text name, size_t arguments) {
  for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
    if (FUNCTIONS[i].arguments == arguments && text_is(name, FUNCTIONS[i].name)) return (int)i;
  }
  return -1;
}

bool function_known(Text name, size_t arguments) { return find(name, arguments) >= 0; }

void function_run(const Node *call, const Json *input, Results *into) { FUNCTIONS[find(call->name, call->count)].run(call, input, into); }
