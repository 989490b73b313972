#include <string.h>

#include "table.h"

static void csv_cell(Buf *out, Text cell, char delimiter) {
  bool plain = true;
  for (size_t i = 0; i < cell.len && plain; i++) {
    char c = cell.at[i];
    plain = c != delimiter && c != '"' && c != '\n' && c != '\r';
  }
  if (cell.len && (cell.at[0] == ' ' || cell.at[cell.len - 1] == ' ')) plain = false;
  if (plain) {
    buf_text(out, cell);
    return;
  }
  buf_char(out, '"');
  for (size_t i = 0; i < cell.len; i++) {
    if (cell.at[i] == '"') buf_char(out, '"');
    buf_char(out, cell.at[i]);
  }
  buf_char(out, '"');
}

static void csv_row(Buf *out, const Row *row, size_t columns, char delimiter) {
  for (size_t i = 0; i < columns; i++) {
    if (i) buf_char(out, delimiter);
    Text cell = table_cell(row, i);
    // A row of one empty cell would read as an empty line, which is none.
    if (columns == 1 && cell.len == 0) buf_str(out, "\"\"");
    csv_cell(out, cell, delimiter);
  }
  buf_str(out, "\n");
}

void table_write_csv(Buf *out, const Table *table, char delimiter) {
  csv_row(out, &table->head, table->head.count, delimiter);
  for (size_t i = 0; i < table->count; i++) csv_row(out, &table->rows[i], table->head.count, delimiter);
}

// A number that JSON spells the same way: no plus, no leading zeros, no bare point.
static bool json_spelling(Text cell) {
  Json value;
  double number;
  return cell_number(cell, &number) && !json_read(cell, &value).why && value.kind == J_NUMBER;
}

void table_write_json(Buf *out, const Table *table, bool typed) {
  buf_char(out, '[');
  for (size_t i = 0; i < table->count; i++) {
    buf_str(out, i ? ",{" : "{");
    for (size_t j = 0; j < table->head.count; j++) {
      Text cell = table_cell(&table->rows[i], j);
      if (j) buf_char(out, ',');
      json_write_string(out, table->head.cells[j]);
      buf_char(out, ':');
      if (typed && json_spelling(cell)) {
        buf_text(out, cell);
      } else if (typed && cell.len == 0) {
        buf_str(out, "null");
      } else {
        json_write_string(out, cell);
      }
    }
    buf_char(out, '}');
  }
  buf_char(out, ']');
}

void table_write_markdown(Buf *out, const Table *table, size_t max_rows) {
  for (size_t i = 0; i < table->head.count; i++) {
    buf_str(out, "| ");
    buf_cell(out, table->head.cells[i], 80);
    buf_char(out, ' ');
  }
  buf_str(out, "|\n");
  for (size_t i = 0; i < table->head.count; i++) buf_str(out, "| --- ");
  buf_str(out, "|\n");
  for (size_t r = 0; r < table->count && r < max_rows; r++) {
    for (size_t i = 0; i < table->head.count; i++) {
      buf_str(out, "| ");
      buf_cell(out, table_cell(&table->rows[r], i), 200);
      buf_char(out, ' ');
    }
    buf_str(out, "|\n");
  }
  if (table->count > max_rows) buf_format(out, "\n%zu of %zu rows.\n", max_rows, table->count);
}
