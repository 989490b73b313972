#include "ast.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NODES 1500000u
#define MAX_DEPTH 1000u
#define MAX_PARSER_BYTES (120u << 20)
#define MIN_TRAFFIC_BYTES (8u << 20)
#define MAX_TRAFFIC_EACH 600u

static size_t parser_bytes;
// All that was ever asked for since the parse began: what a recovery copies again and again shows here.
static uint64_t parser_traffic, parser_traffic_most;
static bool parser_over;

// Sizes stand in front of each block, so that a hostile file's parse can be stopped before memory ends.
static void *counted(void *old, size_t size) {
  size_t *block = old ? (size_t *)old - 2 : NULL;
  if (block) parser_bytes -= *block;
  block = realloc(block, size + 2 * sizeof(size_t));
  if (!block) fail("out of memory while parsing");
  parser_bytes += *block = size;
  parser_traffic += size;
  if (parser_bytes > MAX_PARSER_BYTES || parser_traffic > parser_traffic_most) parser_over = true;
  return block + 2;
}

static void *counted_malloc(size_t size) { return counted(NULL, size); }

static void *counted_calloc(size_t count, size_t size) {
  if (size && count > SIZE_MAX / 2 / size) fail("out of memory while parsing");
  return memset(counted(NULL, count * size), 0, count * size);
}

static void counted_free(void *old) {
  if (!old) return;
  size_t *block = (size_t *)old - 2;
  parser_bytes -= *block;
  free(block);
}

typedef struct {
  uint64_t calls, most;
} Patience;

// Called about every hundred steps of the parser.
static bool enough(TSParseState *state) {
  Patience *patience = state->payload;
  return parser_over || ++patience->calls > patience->most;
}

// Handed out in pieces, and all pieces together count: a scanner that looks for an end that never comes reads to the end again and again.
#define PIECE_BYTES 8192u
#define MAX_REREADS 24u

typedef struct {
  const char *at;
  uint32_t len;
  uint64_t left;
} Source;

static const char *chunk(void *payload, uint32_t byte, TSPoint point, uint32_t *len) {
  (void)point;
  Source *source = payload;
  uint32_t rest = byte < source->len ? source->len - byte : 0;
  *len = rest < PIECE_BYTES ? rest : PIECE_BYTES;
  if (source->left < *len) {
    parser_over = true;
    *len = 0;
  }
  source->left -= *len;
  return *len ? source->at + byte : "";
}

static AstEnd flatten(Ast *into, TSTree *tree) {
  static Node *nodes;
  static uint32_t room;
  TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
  static uint32_t open[MAX_DEPTH + 1], last[MAX_DEPTH + 1];
  uint32_t depth = 0, count = 0;
  AstEnd end = AST_DONE;
  for (;;) {
    if (count == room) {
      if (room >= MAX_NODES) {
        end = AST_TOO_MANY_NODES;
        break;
      }
      nodes = grow(nodes, room = room ? room * 2 : 1u << 14, sizeof *nodes);
    }
    TSNode node = ts_tree_cursor_current_node(&cursor);
    Node *it = &nodes[count];
    TSSymbol symbol = ts_node_symbol(node);
    *it = (Node){.start = ts_node_start_byte(node), .end = ts_node_end_byte(node), .row = ts_node_start_point(node).row,
                 .kind = symbol, .depth = (uint16_t)depth, .named = ts_node_is_named(node)};
    it->field = into->language->fields[ts_tree_cursor_current_field_id(&cursor)];
    if (depth > 0) {
      it->parent = open[depth - 1];
      if (last[depth]) {
        nodes[last[depth]].next = count;
      } else {
        nodes[it->parent].first = count;
      }
    }
    if (symbol == (TSSymbol)-1 || ts_node_is_missing(node)) {
      if (into->errors++ == 0) into->error_line = it->row + 1;
    }
    open[depth] = last[depth] = count++;
    if (depth < MAX_DEPTH && ts_tree_cursor_goto_first_child(&cursor)) {
      last[++depth] = 0;
      continue;
    }
    if (depth == MAX_DEPTH) {
      end = AST_TOO_DEEP;
      break;
    }
    bool more = false;
    for (;;) {
      nodes[open[depth]].after = count;
      if (depth == 0) break;
      if (ts_tree_cursor_goto_next_sibling(&cursor)) {
        more = true;
        break;
      }
      ts_tree_cursor_goto_parent(&cursor);
      depth--;
    }
    if (!more) break;
  }
  ts_tree_cursor_delete(&cursor);
  into->nodes = nodes;
  into->count = count;
  return end;
}

AstEnd ast_parse(Ast *into, Language *language, Text source) {
  static TSParser *parser;
  if (!parser) {
    ts_set_allocator(counted_malloc, counted_calloc, counted, counted_free);
    parser = ts_parser_new();
  }
  parser_over = false;
  parser_traffic = 0;
  parser_traffic_most = MIN_TRAFFIC_BYTES + (uint64_t)source.len * MAX_TRAFFIC_EACH;
  ts_parser_reset(parser);
  ts_parser_set_language(parser, language->grammar);
  Source read = {source.at, (uint32_t)source.len, (source.len + PIECE_BYTES * 8) * MAX_REREADS};
  Patience patience = {0, 2000 + source.len / 8};
  TSTree *tree = ts_parser_parse_with_options(parser, NULL, (TSInput){.payload = &read, .read = chunk, .encoding = TSInputEncodingUTF8},
                                              (TSParseOptions){.payload = &patience, .progress_callback = enough});
  *into = (Ast){.language = language, .source = source};
  if (!tree || parser_over) {
    if (tree) ts_tree_delete(tree);
    ts_parser_delete(parser);
    parser = ts_parser_new();
    return AST_GAVE_UP;
  }
  AstEnd end = flatten(into, tree);
  ts_tree_delete(tree);
  return end;
}

uint32_t ast_field(const Ast *ast, uint32_t node, uint16_t field) {
  for (uint32_t child = ast->nodes[node].first; child; child = ast->nodes[child].next) {
    if (ast->nodes[child].field == field) return child;
  }
  return 0;
}

static uint32_t meaningful(const Ast *ast, uint32_t node) {
  while (node) {
    const Node *it = &ast->nodes[node];
    if (it->named && ast_role(ast, node) != R_COMMENT) return node;
    node = it->next;
  }
  return 0;
}

uint32_t ast_first(const Ast *ast, uint32_t node) { return meaningful(ast, ast->nodes[node].first); }
uint32_t ast_next(const Ast *ast, uint32_t node) { return meaningful(ast, ast->nodes[node].next); }

Text ast_text(const Ast *ast, uint32_t node) {
  const Node *it = &ast->nodes[node];
  return (Text){ast->source.at + it->start, it->end - it->start};
}

Role ast_role(const Ast *ast, uint32_t node) {
  uint16_t kind = ast->nodes[node].kind;
  return kind < ast->language->symbols ? (Role)ast->language->roles[kind] : R_EACH;
}

const char *ast_kind(const Ast *ast, uint32_t node) {
  uint16_t kind = ast->nodes[node].kind;
  return kind < ast->language->symbols ? ts_language_symbol_name(ast->language->grammar, kind) : "ERROR";
}

bool ast_is(const Ast *ast, uint32_t node, const char *kind) { return node && strcmp(ast_kind(ast, node), kind) == 0; }

uint32_t ast_child_of_kind(const Ast *ast, uint32_t node, const char *kind) {
  for (uint32_t child = ast->nodes[node].first; child; child = ast->nodes[child].next) {
    if (ast_is(ast, child, kind)) return child;
  }
  return 0;
}

uint32_t column_of(Text source, uint32_t byte) {
  uint32_t column = 1;
  while (byte > 0 && source.at[byte - 1] != '\n') column += (source.at[--byte] & 0xc0) != 0x80;
  return column;
}
