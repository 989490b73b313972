// A file's syntax tree as one array in source order; node 0 is the root, and as a link it means none.
#pragma once
#include "lang.h"

typedef struct {
  uint32_t start, end;  // bytes
  uint32_t row;
  uint32_t parent, first, next;
  uint32_t after;  // first node that is not beneath this one
  uint16_t kind, field;
  uint16_t depth;
  bool named;
} Node;

typedef enum { AST_DONE, AST_TOO_DEEP, AST_TOO_MANY_NODES, AST_GAVE_UP } AstEnd;

typedef struct {
  Language *language;
  Text source;
  Node *nodes;
  uint32_t count;
  // Nodes where the grammar did not fit, and the line of the first (from 1).
  uint32_t errors, error_line;
} Ast;

// The tree lasts until the next call. With another end than AST_DONE there is none.
AstEnd ast_parse(Ast *into, Language *language, Text source);

uint32_t ast_field(const Ast *ast, uint32_t node, uint16_t field);
// The first named child that is no comment, or 0.
uint32_t ast_first(const Ast *ast, uint32_t node);
// The next named sibling that is no comment, or 0.
uint32_t ast_next(const Ast *ast, uint32_t node);
Text ast_text(const Ast *ast, uint32_t node);
Role ast_role(const Ast *ast, uint32_t node);
const char *ast_kind(const Ast *ast, uint32_t node);
bool ast_is(const Ast *ast, uint32_t node, const char *kind);
uint32_t ast_child_of_kind(const Ast *ast, uint32_t node, const char *kind);
// Column of a byte, from 1, in characters.
uint32_t column_of(Text source, uint32_t byte);
