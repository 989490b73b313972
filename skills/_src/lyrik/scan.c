#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "flow.h"

#define SNIFF_BYTES 8192
#define MAX_LINE_BYTES 20000
#define MINIFIED_AVERAGE 300
#define MINIFIED_LEAST 5000
// More open brackets than any tree that is looked at has levels; the parser gives such a stack back by recursion.
#define MAX_OPEN_BRACKETS 700
#define MAX_SNIPPET 200
#define MAX_NOTES 1000

Text keep_text(Text text) {
  char *copy = take(text.len + 1, 1);
  if (text.len) memcpy(copy, text.at, text.len);
  return (Text){copy, text.len};
}

void note(Result *result, Text file, const char *why, uint32_t line) {
  if (result->note_count == MAX_NOTES) {
    result->unnoted++;
    return;
  }
  if (result->note_count == result->note_room) {
    result->note_room = result->note_room ? result->note_room * 2 : 64;
    result->notes = grow(result->notes, result->note_room, sizeof *result->notes);
  }
  result->notes[result->note_count++] = (Note){keep_text(file), why, line};
}

const char *left_out(Text path, Text bytes) {
  if (bytes.len > MAX_FILE_BYTES) return "too large";
  if (bytes.len && memchr(bytes.at, 0, bytes.len < SNIFF_BYTES ? bytes.len : SNIFF_BYTES)) return "binary";
  if (bytes.len >= 2 && ((unsigned char)bytes.at[0] == 0xff || (unsigned char)bytes.at[0] == 0xfe)) return "not UTF-8";
  if (text_find(path, text_of(".min."), 0) != SIZE_MAX) return "minified";
  size_t lines = 1, longest = 0, from = 0, open = 0, most_open = 0;
  for (size_t i = 0; i <= bytes.len; i++) {
    char c = i < bytes.len ? bytes.at[i] : '\n';
    open += c == '(' || c == '[' || c == '{';
    open -= open && (c == ')' || c == ']' || c == '}');
    if (open > most_open) most_open = open;
    if (c != '\n') continue;
    if (i - from > longest) longest = i - from;
    from = i + 1;
    lines++;
  }
  if (longest > MAX_LINE_BYTES || (bytes.len > MINIFIED_LEAST && bytes.len / lines > MINIFIED_AVERAGE)) return "minified";
  if (most_open > MAX_OPEN_BRACKETS) return "nested too deeply";
  return NULL;
}

static Text line_of(Text source, uint32_t byte) {
  size_t from = byte, to = byte;
  while (from > 0 && source.at[from - 1] != '\n') from--;
  while (to < source.len && source.at[to] != '\n') to++;
  return (Text){source.at + from, to - from};
}

static Text trimmed(Text line) {
  while (line.len && (line.at[0] == ' ' || line.at[0] == '\t')) line = (Text){line.at + 1, line.len - 1};
  while (line.len && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\r' || line.at[line.len - 1] == '\t')) line.len--;
  if (line.len <= MAX_SNIPPET) return line;
  line.len = MAX_SNIPPET;
  while (line.len > 0 && (line.at[line.len] & 0xc0) == 0x80) line.len--;
  return line;
}

static bool id_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '*'; }

// `lyrik-ignore: rule, rule reason` in a comment: the ids, then at least a word that says why.
static bool ignores(Text line, Text id) {
  static const char marker[] = "lyrik-ignore:";
  size_t at = text_find(line, text_of(marker), 0);
  if (at == SIZE_MAX || (text_find((Text){line.at, at}, text_of("//"), 0) == SIZE_MAX && text_find((Text){line.at, at}, text_of("#"), 0) == SIZE_MAX &&
                         text_find((Text){line.at, at}, text_of("/*"), 0) == SIZE_MAX && text_find((Text){line.at, at}, text_of("*"), 0) == SIZE_MAX)) {
    return false;
  }
  at += sizeof marker - 1;
  bool named = false;
  for (bool more = true; more; ) {
    while (at < line.len && line.at[at] == ' ') at++;
    size_t from = at;
    while (at < line.len && id_char(line.at[at])) at++;
    Text name = {line.at + from, at - from};
    named |= text_equal(name, id) || text_is(name, "*");
    while (at < line.len && line.at[at] == ' ') at++;
    more = at < line.len && line.at[at] == ',';
    at += more;
  }
  Text reason = trimmed((Text){line.at + at, line.len - at});
  size_t letters = 0;
  for (size_t i = 0; i < reason.len; i++) letters += (reason.at[i] | 32) >= 'a' && (reason.at[i] | 32) <= 'z';
  return named && letters >= 3;
}

static bool suppressed(Text source, uint32_t byte, Text id) {
  Text line = line_of(source, byte);
  if (ignores(line, id)) return true;
  size_t start = (size_t)(line.at - source.at);
  if (start == 0) return false;
  Text above = line_of(source, (uint32_t)start - 1);
  // Above, it must be a line of its own.
  Text bare = trimmed(above);
  return bare.len && (bare.at[0] == '/' || bare.at[0] == '#' || bare.at[0] == '*') && ignores(above, id);
}

static uint32_t row_of(Text source, uint32_t byte, uint32_t row, uint32_t from) {
  for (uint32_t i = from; i < byte; i++) row += source.at[i] == '\n';
  return row;
}

static void add(Result *result, const Ast *ast, Text path, const Hit *hit) {
  const Node *node = &ast->nodes[hit->node];
  const Rule *rule = &RULES[hit->rule];
  if (suppressed(ast->source, node->start, rule->id)) {
    result->suppressed++;
    return;
  }
  if (result->count >= MAX_FINDINGS) return;
  if (result->count == result->room) {
    result->room = result->room ? result->room * 2 : 64;
    result->findings = grow(result->findings, result->room, sizeof *result->findings);
  }
  Finding *it = &result->findings[result->count++];
  uint32_t end = hit->end > node->start ? hit->end : node->end;
  *it = (Finding){.rule = hit->rule, .file = path, .snippet = keep_text(trimmed(line_of(ast->source, node->start)))};
  it->line = node->row + 1;
  it->column = column_of(ast->source, node->start);
  it->end_line = row_of(ast->source, end, node->row, node->start) + 1;
  it->end_column = column_of(ast->source, end);
  it->steps = take(hit->step_count, sizeof *it->steps);
  for (uint32_t i = 0; i < hit->step_count; i++) {
    const Node *at = &ast->nodes[hit->steps[i].node];
    it->steps[it->step_count++] = (TraceStep){at->row + 1, column_of(ast->source, at->start), text_of(hit->steps[i].what),
                                              keep_text(trimmed(line_of(ast->source, at->start)))};
  }
}

void scan_file(Result *result, LanguageId id, Text path, Text bytes) {
  result->files++;
  result->bytes += bytes.len;
  result->by_language[id]++;
  Table *table = rules_table(id);
  if (!table) return;
  if (bytes.len >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0) bytes = (Text){bytes.at + 3, bytes.len - 3};
  Ast ast;
  switch (ast_parse(&ast, language(id), bytes)) {
    case AST_DONE: break;
    case AST_TOO_DEEP: note(result, path, "nested too deeply", 0); return;
    case AST_TOO_MANY_NODES: note(result, path, "too many syntax nodes", 0); return;
    case AST_GAVE_UP: note(result, path, "took too long to parse", 0); return;
  }
  if (ast.errors) note(result, path, "does not parse everywhere", ast.error_line);
  Hits hits = flow_run(&ast, table);
  if (hits.too_deep) note(result, path, "parts are nested too deeply to follow", 0);
  for (uint32_t i = 0; i < hits.count; i++) add(result, &ast, path, &hits.hits[i]);
  arena_reset();
}
