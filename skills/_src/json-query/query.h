// The path language of json-query: text → tree → results.
#pragma once
#include "../common/json.h"

#define QUERY_MAX_BYTES 4000
#define QUERY_MAX_DEPTH 200
#define QUERY_MAX_RESULTS 1000000

typedef enum {
  N_IDENTITY, N_RECURSE, N_LITERAL, N_FIELD, N_INDEX, N_SLICE, N_EACH, N_PIPE, N_COMMA,
  N_ARRAY, N_OBJECT, N_AND, N_OR, N_ELSE, N_COMPARE, N_ARITHMETIC, N_NEGATE, N_CALL,
} NodeKind;

typedef struct Node Node;
struct Node {
  NodeKind kind;
  // Field and function names, operators.
  Text name;
  Json literal;
  // A path with `?` behind it: what has no such part gives no result.
  bool quiet;
  // Operands; of N_SLICE a missing bound is NULL, of N_OBJECT keys and values alternate.
  Node *left, *right, *third;
  Node **list;
  size_t count;
};

// Fails with the position and what was expected.
Node *query_parse(Text source);

typedef struct {
  Json *items;
  size_t len, room;
} Results;

void results_add(Results *results, Json value);

// Every result, in order; fails with a message that names the operation.
Results query_run(const Node *query, const Json *input);

// One of the functions; false if there is none of that name and number of arguments.
bool function_known(Text name, size_t arguments);
void function_run(const Node *call, const Json *input, Results *into);

// null and false are not true, all else is.
bool json_truth(const Json *value);
const char *json_kind_name(const Json *value);
