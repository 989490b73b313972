// Tree-sitter's query language over our own trees: every match is enumerated, within a number of steps.
#pragma once
#include "../text-tools/pattern.h"
#include "ast.h"

#define QUERY_CAPTURES 24

typedef struct Query Query;

// NULL and a message in `why` if it cannot be read.
Query *query_read(Text source, Language *language, char *why, size_t room);

typedef struct {
  const Query *query;
  uint32_t root;
  uint32_t nodes[QUERY_CAPTURES];  // by capture, 0 = not there (a capture of the root node 0 cannot be told)
} QueryMatch;

// What a query may ask about a node beyond the tree.
typedef struct {
  void *self;
  bool (*has_path)(void *self, uint32_t node, Text path);
  bool (*is_constant)(void *self, uint32_t node);
} QueryFacts;

// Calls `found` for each match whose outermost node is `node`. False once `budget` is used up.
bool query_at(const Query *query, const Ast *ast, uint32_t node, const QueryFacts *facts, uint64_t *budget,
              void (*found)(void *self, const QueryMatch *match), void *self);
// Whether an outermost node may be of this kind.
bool query_starts(const Query *query, uint16_t kind);
// Index of a capture, or -1.
int query_capture(const Query *query, const char *name);
