// json-query: asks, checks and formats JSON.
#include <string.h>

#include "../common/call.h"
#include "query.h"

#define DISPLAY_BYTES 20000

static Json read_input(const Json *args) {
  Json value;
  JsonError error = json_read(arg_input(args, "json", "file"), &value);
  if (error.why) fail("not JSON: %s at line %zu, column %zu", error.why, error.line, error.column);
  return value;
}

// A fence longer than any run of backticks inside.
static void put_fenced(Buf *out, const char *kind, Text text) {
  size_t longest = 2, run = 0;
  if (text.len > DISPLAY_BYTES) text.len = DISPLAY_BYTES;
  for (size_t i = 0; i < text.len; i++) {
    run = text.at[i] == '`' ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  for (size_t i = 0; i <= longest; i++) buf_char(out, '`');
  buf_format(out, "%s\n", kind);
  buf_text(out, text);
  buf_char(out, '\n');
  for (size_t i = 0; i <= longest; i++) buf_char(out, '`');
  buf_char(out, '\n');
  if (text.len == DISPLAY_BYTES) buf_str(out, "\nCut here; the result itself is whole.\n");
}

static void run_query(const Json *args, Buf *out) {
  Node *query = query_parse(arg_text(args, "query", NULL));
  size_t limit = (size_t)arg_int(args, "limit", 1000, 1, 100000);
  Json input = read_input(args);
  Results results = query_run(query, &input);
  size_t shown = results.len < limit ? results.len : limit;
  Buf display = {0};
  buf_str(out, "{\"results\":[");
  for (size_t i = 0; i < shown; i++) {
    if (i) buf_char(out, ',');
    json_write(out, &results.items[i], 0, false);
    json_write(&display, &results.items[i], 2, false);
    if (i + 1 < shown) buf_char(&display, '\n');
  }
  Buf fenced = {0};
  if (shown) {
    put_fenced(&fenced, "json", buf_done(&display));
  } else {
    buf_str(&fenced, "No results.\n");
  }
  if (results.len > shown) buf_format(&fenced, "\n%zu of %zu results.\n", shown, results.len);
  buf_format(out, "],\"count\":%zu,\"display\":", results.len);
  json_write_string(out, buf_done(&fenced));
  buf_char(out, '}');
}

static void run_validate(const Json *args, Buf *out) {
  Json value;
  Text text = arg_input(args, "json", "file");
  JsonError error = json_read(text, &value);
  if (!error.why) {
    buf_format(out, "{\"valid\":true,\"type\":\"%s\",\"bytes\":%zu,\"exit\":0,\"display\":\"Well-formed JSON: %s, %zu bytes.\"}",
               json_kind_name(&value), text.len, json_kind_name(&value), text.len);
    return;
  }
  Buf display = {0};
  buf_format(&display, "**Not JSON**, line %zu, column %zu: %s.\n\n", error.line, error.column, error.why);
  size_t start = error.at, end = error.at;
  while (start > 0 && error.at - start < 60 && text.at[start - 1] != '\n') start--;
  while (end < text.len && end - error.at < 20 && text.at[end] != '\n') end++;
  Buf context = {0};
  buf_bytes(&context, text.at + start, end - start);
  buf_char(&context, '\n');
  for (size_t i = start; i < error.at; i++) {
    if (((unsigned char)text.at[i] & 0xc0) != 0x80) buf_char(&context, text.at[i] == '\t' ? '\t' : ' ');
  }
  buf_char(&context, '^');
  put_fenced(&display, "", buf_done(&context));
  buf_format(out, "{\"valid\":false,\"error\":\"%s\",\"line\":%zu,\"column\":%zu,\"offset\":%zu,\"bytes\":%zu,\"exit\":1,\"display\":",
             error.why, error.line, error.column, error.at, text.len);
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}

static void run_format(const Json *args, Buf *out) {
  int indent = (int)arg_int(args, "indent", 2, 0, 8);
  bool sorted = arg_flag(args, "sort", false);
  Json value = read_input(args);
  Buf text = {0}, display = {0};
  json_write(&text, &value, indent, sorted);
  put_fenced(&display, "json", buf_done(&text));
  buf_str(out, "{\"text\":");
  json_write_string(out, buf_done(&text));
  buf_str(out, ",\"display\":");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}

int main(int argc, char **argv) {
  static const ToolEntry tools[] = {{"query", run_query}, {"validate", run_validate}, {"format", run_format}};
  return call_main(argc, argv, tools, sizeof tools / sizeof *tools);
}
