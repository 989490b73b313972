// csv-tools: sums up, selects from and converts tables.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/call.h"
#include "table.h"

#define DISPLAY_ROWS 100

static Table read_table(const Json *args, char *delimiter) {
  Text text = arg_input(args, "text", "file"), from = arg_text(args, "from", "csv"), given = arg_text(args, "delimiter", "");
  if (text_is(given, "tab") || text_is(given, "\\t")) given = text_of("\t");
  if (given.len > 1) fail("delimiter must be one character, or tab");
  *delimiter = given.len ? given.at[0] : text_is(from, "tsv") ? '\t' : table_delimiter(text);
  if (*delimiter == '"' || *delimiter == '\n' || *delimiter == '\r') fail("this delimiter cannot work");
  if (text_is(from, "json")) return table_of_json(text);
  if (!text_is(from, "csv") && !text_is(from, "tsv")) fail("from must be csv, tsv or json");
  return table_of_csv(text, *delimiter, arg_flag(args, "header", true));
}

static size_t column(const Table *table, Text name) {
  long found = table_column(table, name);
  if (found >= 0) return (size_t)found;
  Buf shown = {0};
  json_write_string(&shown, name);
  buf_char(&shown, 0);
  fail("there is no column %.200s", shown.at);
}

static int by_bytes(const void *a, const void *b) { return text_order(*(const Text *)a, *(const Text *)b); }

static size_t distinct(const Table *table, size_t at) {
  Text *cells = take(table->count, sizeof *cells);
  for (size_t i = 0; i < table->count; i++) cells[i] = table_cell(&table->rows[i], at);
  qsort(cells, table->count, sizeof *cells, by_bytes);
  size_t count = 0;
  for (size_t i = 0; i < table->count; i++) count += i == 0 || !text_equal(cells[i - 1], cells[i]);
  free(cells);
  return count;
}

static void column_summary(Buf *out, Buf *display, const Table *table, size_t at) {
  size_t empty = 0, numbers = 0, whole = 0;
  double min = INFINITY, max = -INFINITY, mean = 0;
  Text first = {"", 0}, last = {"", 0};
  for (size_t i = 0; i < table->count; i++) {
    Text cell = table_cell(&table->rows[i], at);
    double number;
    if (cell.len == 0) {
      empty++;
      continue;
    }
    if (!first.len || text_order(cell, first) < 0) first = cell;
    if (!last.len || text_order(cell, last) > 0) last = cell;
    if (!cell_number(cell, &number)) continue;
    numbers++;
    whole += number == floor(number);
    min = fmin(min, number);
    max = fmax(max, number);
    mean += (number - mean) / (double)numbers;
  }
  size_t filled = table->count - empty, values = distinct(table, at);
  bool numeric = filled > 0 && numbers == filled;
  const char *type = filled == 0 ? "empty" : !numeric ? "text" : whole == numbers ? "integer" : "number";
  buf_str(out, "{\"name\":");
  json_write_string(out, table->head.cells[at]);
  buf_format(out, ",\"type\":\"%s\",\"empty\":%zu,\"distinct\":%zu", type, empty, values);
  buf_str(display, "| ");
  buf_cell(display, table->head.cells[at], 80);
  buf_format(display, " | %s | %zu | %zu | ", type, empty, values);
  if (numeric) {
    const double facts[] = {min, max, mean};
    static const char *names[] = {",\"min\":", ",\"max\":", ",\"mean\":"};
    for (int i = 0; i < 3; i++) {
      buf_str(out, names[i]);
      json_write_number(out, facts[i]);
      json_write_number(display, i == 2 ? round(facts[i] * 1e4) / 1e4 : facts[i]);
      buf_str(display, " | ");
    }
  } else if (filled) {
    buf_str(out, ",\"min\":");
    json_write_string(out, first);
    buf_str(out, ",\"max\":");
    json_write_string(out, last);
    buf_cell(display, first, 40);
    buf_str(display, " | ");
    buf_cell(display, last, 40);
    buf_str(display, " |  | ");
  } else {
    buf_str(display, " |  |  | ");
  }
  buf_char(out, '}');
  buf_char(display, '\n');
}

static void run_summary(const Json *args, Buf *out) {
  char delimiter;
  Table table = read_table(args, &delimiter);
  Buf display = {0};
  buf_format(&display, "%zu rows, %zu columns", table.count, table.head.count);
  if (table.uneven) buf_format(&display, ", %zu rows with another number of cells", table.uneven);
  buf_str(&display, ".\n\n| Column | Type | Empty | Distinct | Min | Max | Mean |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
  buf_format(out, "{\"rows\":%zu,\"uneven\":%zu,\"delimiter\":", table.count, table.uneven);
  json_write_string(out, (Text){&delimiter, 1});
  buf_str(out, ",\"columns\":[");
  for (size_t i = 0; i < table.head.count; i++) {
    if (i) buf_char(out, ',');
    column_summary(out, &display, &table, i);
  }
  buf_str(out, "],\"display\":");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}

typedef struct {
  size_t column;
  const char *operator;
  Text value;
  bool numeric;
  double number;
} Condition;

// `age>=30`, `city=Paris`, `name~ann` (contains), `note=` (is empty).
static Condition condition(const Table *table, Text text) {
  static const char *operators[] = {"!=", ">=", "<=", "!~", "=", ">", "<", "~"};
  for (size_t at = 1; at < text.len; at++) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
      Text token = text_of(operators[i]);
      if (text.len - at < token.len || memcmp(text.at + at, token.at, token.len) != 0) continue;
      Condition made = {0, operators[i], {text.at + at + token.len, text.len - at - token.len}, false, 0};
      Text name = {text.at, at};
      while (name.len && name.at[name.len - 1] == ' ') name.len--;
      while (made.value.len && made.value.at[0] == ' ') made.value = (Text){made.value.at + 1, made.value.len - 1};
      made.column = column(table, name);
      made.numeric = cell_number(made.value, &made.number);
      return made;
    }
  }
  fail("a condition is COLUMN, one of = != < <= > >= ~ !~, and a value");
}

static bool holds(const Condition *condition, Text cell) {
  double number;
  char first = condition->operator[0];
  if (first == '~') return text_find(cell, condition->value, 0) != SIZE_MAX;
  if (strcmp(condition->operator, "!~") == 0) return text_find(cell, condition->value, 0) == SIZE_MAX;
  bool numbers = condition->numeric && cell_number(cell, &number);
  if (condition->numeric && !numbers && (first == '<' || first == '>')) return false;
  int order = numbers ? (number > condition->number) - (number < condition->number) : text_order(cell, condition->value);
  bool equal_too = condition->operator[1] == '=';
  if (first == '=') return order == 0;
  if (first == '!') return order != 0;
  return (first == '<' ? order < 0 : order > 0) || (equal_too && order == 0);
}

typedef struct {
  size_t column;
  bool down;
} SortKey;

static const SortKey *sort_keys;
static size_t sort_key_count;

static int by_keys(const void *a, const void *b) {
  const Row *left = a, *right = b;
  for (size_t i = 0; i < sort_key_count; i++) {
    Text x = table_cell(left, sort_keys[i].column), y = table_cell(right, sort_keys[i].column);
    double p, q;
    bool x_number = cell_number(x, &p), y_number = cell_number(y, &q);
    // Numbers before texts, so that a mixed column has one order.
    int order = x_number && y_number ? (p > q) - (p < q) : x_number != y_number ? y_number - x_number : text_order(x, y);
    if (order) return sort_keys[i].down ? -order : order;
  }
  return (left->number > right->number) - (left->number < right->number);
}

static void sort_table(Table *table, const Json *args) {
  Text *names;
  size_t count = arg_texts(args, "sort", &names);
  if (count == 0) return;
  SortKey *keys = take(count, sizeof *keys);
  for (size_t i = 0; i < count; i++) {
    bool down = names[i].len > 1 && names[i].at[0] == '-';
    keys[i] = (SortKey){column(table, down ? (Text){names[i].at + 1, names[i].len - 1} : names[i]), down};
  }
  sort_keys = keys;
  sort_key_count = count;
  if (table->count) qsort(table->rows, table->count, sizeof *table->rows, by_keys);
}

static void keep_columns(Table *table, const Json *args) {
  Text *names;
  size_t count = arg_texts(args, "columns", &names);
  if (count == 0) return;
  if (count > TABLE_MAX_COLUMNS) fail("more than %d columns", TABLE_MAX_COLUMNS);
  size_t *at = take(count, sizeof *at);
  for (size_t i = 0; i < count; i++) at[i] = column(table, names[i]);
  Row head = {take(count, sizeof(Text)), count, 0};
  for (size_t i = 0; i < count; i++) head.cells[i] = table->head.cells[at[i]];
  for (size_t r = 0; r < table->count; r++) {
    Row row = {take(count, sizeof(Text)), count, r};
    for (size_t i = 0; i < count; i++) row.cells[i] = table_cell(&table->rows[r], at[i]);
    table->rows[r] = row;
  }
  table->head = head;
}

static void run_select(const Json *args, Buf *out) {
  char delimiter;
  Table table = read_table(args, &delimiter);
  Text *where;
  size_t count = arg_texts(args, "where", &where), kept = 0;
  Condition *conditions = take(count, sizeof *conditions);
  for (size_t i = 0; i < count; i++) conditions[i] = condition(&table, where[i]);
  for (size_t r = 0; r < table.count; r++) {
    bool all = true;
    for (size_t i = 0; i < count && all; i++) all = holds(&conditions[i], table_cell(&table.rows[r], conditions[i].column));
    if (all) table.rows[kept++] = table.rows[r];
  }
  table.count = kept;
  sort_table(&table, args);
  size_t limit = (size_t)arg_int(args, "limit", 1000, 1, 1000000);
  if (table.count > limit) table.count = limit;
  keep_columns(&table, args);
  Buf display = {0};
  buf_format(out, "{\"matched\":%zu,\"rows\":", kept);
  table_write_json(out, &table, true);
  table_write_markdown(&display, &table, DISPLAY_ROWS);
  if (kept > table.count && table.count <= DISPLAY_ROWS) buf_format(&display, "\n%zu of %zu rows.\n", table.count, kept);
  buf_str(out, ",\"display\":");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}

static void run_convert(const Json *args, Buf *out) {
  char delimiter;
  Table table = read_table(args, &delimiter);
  Text to = arg_text(args, "to", NULL);
  Buf text = {0}, display = {0};
  if (text_is(to, "csv") || text_is(to, "tsv")) {
    table_write_csv(&text, &table, text_is(to, "csv") ? ',' : '\t');
  } else if (text_is(to, "json")) {
    table_write_json(&text, &table, arg_flag(args, "typed", true));
  } else if (text_is(to, "markdown")) {
    table_write_markdown(&text, &table, SIZE_MAX);
  } else {
    fail("to must be csv, tsv, json or markdown");
  }
  table_write_markdown(&display, &table, DISPLAY_ROWS);
  buf_format(out, "{\"rows\":%zu,\"text\":", table.count);
  json_write_string(out, buf_done(&text));
  buf_str(out, ",\"display\":");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}

int main(int argc, char **argv) {
  static const ToolEntry tools[] = {{"summary", run_summary}, {"select", run_select}, {"convert", run_convert}};
  return call_main(argc, argv, tools, sizeof tools / sizeof *tools);
}
