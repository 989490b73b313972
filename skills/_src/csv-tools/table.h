// A table of texts, and the two ways in: CSV and JSON.
#pragma once
#include "../common/json.h"

#define TABLE_MAX_COLUMNS 4096

typedef struct {
  Text *cells;
  size_t count;
  // Its place in the input.
  size_t number;
} Row;

typedef struct {
  Row head;
  Row *rows;
  size_t count, room;
  // Rows with another number of cells than the head; read as if padded with empty ones or cut.
  size_t uneven;
} Table;

// RFC 4180, with LF as well as CRLF; fails on text behind a closing quote and on a quote that is never closed.
Table table_of_csv(Text text, char delimiter, bool head);
// An array of objects (columns in order of first appearance) or of arrays (the first is the head).
Table table_of_json(Text text);
// The one of , ; tab | that splits the first lines most evenly.
char table_delimiter(Text text);

// Index of a column by name or by its number from 1 on, or -1.
long table_column(const Table *table, Text name);
// The cell, empty where the row is short.
Text table_cell(const Row *row, size_t column);
// Whether it reads as a decimal number, and which.
bool cell_number(Text cell, double *number);

void table_write_csv(Buf *out, const Table *table, char delimiter);
// Objects; numbers as numbers if `typed`.
void table_write_json(Buf *out, const Table *table, bool typed);
void table_write_markdown(Buf *out, const Table *table, size_t max_rows);
