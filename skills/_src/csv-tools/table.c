#include "table.h"

#include <stdlib.h>
#include <string.h>

static void add_cell(Row *row, size_t *room, Text cell) {
  if (row->count == TABLE_MAX_COLUMNS) fail("more than %d columns", TABLE_MAX_COLUMNS);
  if (row->count == *room) row->cells = grow(row->cells, *room = *room ? *room * 2 : 8, sizeof *row->cells);
  row->cells[row->count++] = cell;
}

static void add_row(Table *table, Row row) {
  if (table->count == table->room) table->rows = grow(table->rows, table->room = table->room ? table->room * 2 : 64, sizeof *table->rows);
  row.number = table->count;
  table->rows[table->count++] = row;
}

// A cell in quotes, `at` behind the opening one; leaves `at` behind the closing one.
static Text quoted(Text text, size_t *at, size_t line) {
  size_t start = *at, end = start;
  Buf joined = {0};
  for (;;) {
    const char *quote = end < text.len ? memchr(text.at + end, '"', text.len - end) : NULL;
    if (!quote) fail("line %zu: a quoted cell is never closed", line);
    end = (size_t)(quote - text.at);
    if (end + 1 >= text.len || text.at[end + 1] != '"') break;
    buf_bytes(&joined, text.at + start, end + 1 - start);
    start = end += 2;
  }
  *at = end + 1;
  if (!joined.at) return (Text){text.at + start, end - start};
  buf_bytes(&joined, text.at + start, end - start);
  return buf_done(&joined);
}

static Row read_row(Text text, size_t *at, char delimiter, size_t line) {
  Row row = {0};
  size_t room = 0;
  for (;;) {
    Text cell;
    if (*at < text.len && text.at[*at] == '"') {
      (*at)++;
      cell = quoted(text, at, line);
    } else {
      size_t start = *at;
      while (*at < text.len && text.at[*at] != delimiter && text.at[*at] != '\n') (*at)++;
      cell = (Text){text.at + start, *at - start};
      bool ends = *at == text.len || text.at[*at] == '\n';
      if (ends && cell.len && cell.at[cell.len - 1] == '\r') cell.len--;
    }
    add_cell(&row, &room, cell);
    if (*at < text.len && text.at[*at] == delimiter) {
      (*at)++;
      continue;
    }
    if (*at < text.len && text.at[*at] == '\r') (*at)++;
    if (*at < text.len && text.at[*at] != '\n') fail("line %zu: text behind the closing quote of a cell", line);
    if (*at < text.len) (*at)++;
    return row;
  }
}

static Text column_name(size_t number) {
  Buf name = {0};
  buf_format(&name, "column%zu", number);
  return buf_done(&name);
}

Table table_of_csv(Text text, char delimiter, bool head) {
  Table table = {0};
  if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0) text = (Text){text.at + 3, text.len - 3};
  size_t at = 0, line = 1, counted = 0;
  bool have_head = false;
  while (at < text.len) {
    for (; counted < at; counted++) line += text.at[counted] == '\n';
    Row row = read_row(text, &at, delimiter, line);
    if (row.count == 1 && row.cells[0].len == 0) continue;
    if (!have_head) {
      have_head = true;
      table.head = row;
      if (head) continue;
      table.head.cells = take(row.count, sizeof(Text));
      for (size_t i = 0; i < row.count; i++) table.head.cells[i] = column_name(i + 1);
    }
    table.uneven += row.count != table.head.count;
    if (row.count > table.head.count) row.count = table.head.count;
    add_row(&table, row);
  }
  if (!have_head) fail("there is no row");
  return table;
}

char table_delimiter(Text text) {
  static const char candidates[] = {',', ';', '\t', '|'};
  char best = ',';
  size_t best_score = 0;
  for (size_t c = 0; c < sizeof candidates; c++) {
    size_t counts[10] = {0}, lines = 0;
    bool inside = false;
    for (size_t at = 0; at < text.len && at < 65536 && lines < 10; at++) {
      if (text.at[at] == '"') inside = !inside;
      if (inside) continue;
      counts[lines] += text.at[at] == candidates[c];
      lines += text.at[at] == '\n';
    }
    size_t same = 0;
    for (size_t i = 0; i < 10; i++) same += counts[0] > 0 && counts[i] == counts[0];
    size_t score = same * 1000 + (counts[0] < 999 ? counts[0] : 999);
    if (counts[0] && score > best_score) {
      best_score = score;
      best = candidates[c];
    }
  }
  return best;
}

static Text as_cell(const Json *value) {
  if (!value || value->kind == J_NULL) return (Text){"", 0};
  if (value->kind == J_STRING) return json_text(value);
  Buf text = {0};
  json_write(&text, value, 0, false);
  return buf_done(&text);
}

Table table_of_json(Text text) {
  Json all;
  JsonError error = json_read(text, &all);
  if (error.why) fail("not JSON: %s at line %zu, column %zu", error.why, error.line, error.column);
  if (all.kind != J_ARRAY || all.len == 0) fail("a table in JSON is an array of objects or of arrays, with at least one in it");
  Table table = {0};
  size_t head_room = 0;
  JsonKind kind = all.items[0].kind;
  for (size_t i = 0; i < all.len; i++) {
    if (all.items[i].kind != kind || (kind != J_OBJECT && kind != J_ARRAY)) fail("the items of the array must all be objects, or all arrays");
    for (size_t j = 0; kind == J_OBJECT && j < all.items[i].len; j++) {
      bool known = false;
      for (size_t k = 0; k < table.head.count && !known; k++) known = text_equal(table.head.cells[k], all.items[i].members[j].name);
      if (!known) add_cell(&table.head, &head_room, all.items[i].members[j].name);
    }
  }
  for (size_t i = 0; i < all.len; i++) {
    Row row = {0};
    size_t room = 0;
    size_t cells = kind == J_OBJECT ? table.head.count : all.items[i].len;
    for (size_t j = 0; j < cells; j++) {
      add_cell(&row, &room, as_cell(kind == J_OBJECT ? json_member_text(&all.items[i], table.head.cells[j]) : &all.items[i].items[j]));
    }
    if (kind == J_ARRAY && i == 0) {
      table.head = row;
      continue;
    }
    table.uneven += row.count != table.head.count;
    if (row.count > table.head.count) row.count = table.head.count;
    add_row(&table, row);
  }
  return table;
}

long table_column(const Table *table, Text name) {
  for (size_t i = 0; i < table->head.count; i++) {
    if (text_equal(table->head.cells[i], name)) return (long)i;
  }
  size_t number = 0;
  for (size_t i = 0; i < name.len; i++) {
    if (name.at[i] < '0' || name.at[i] > '9' || number > TABLE_MAX_COLUMNS) return -1;
    number = number * 10 + (size_t)(name.at[i] - '0');
  }
  return number >= 1 && number <= table->head.count ? (long)number - 1 : -1;
}

Text table_cell(const Row *row, size_t column) { return column < row->count ? row->cells[column] : (Text){"", 0}; }

bool cell_number(Text cell, double *number) {
  while (cell.len && (cell.at[0] == ' ' || cell.at[0] == '+')) cell = (Text){cell.at + 1, cell.len - 1};
  while (cell.len && cell.at[cell.len - 1] == ' ') cell.len--;
  char copy[64];
  if (cell.len == 0 || cell.len >= sizeof copy) return false;
  for (size_t i = 0; i < cell.len; i++) {
    if (!memchr("0123456789.-+eE", cell.at[i], 15)) return false;
    copy[i] = cell.at[i];
  }
  copy[cell.len] = 0;
  char *end;
  *number = strtod(copy, &end);
  return end == copy + cell.len && *number - *number == 0;
}
