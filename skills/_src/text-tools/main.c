// text-tools: counts, searches, replaces, compares and reorders text. It never writes a file.
#include <string.h>

#include "pattern.h"
#include "tools.h"

#define DISPLAY_BYTES 20000
#define MAX_OUTPUT_BYTES (32u << 20)

void put_fenced(Buf *out, const char *kind, Text text) {
  size_t longest = 2, run = 0, whole = text.len;
  if (text.len > DISPLAY_BYTES) text.len = DISPLAY_BYTES;
  for (size_t i = 0; i < text.len; i++) {
    run = text.at[i] == '`' ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  for (size_t i = 0; i <= longest; i++) buf_char(out, '`');
  buf_format(out, "%s\n", kind);
  buf_text(out, text);
  if (text.len && text.at[text.len - 1] != '\n') buf_char(out, '\n');
  for (size_t i = 0; i <= longest; i++) buf_char(out, '`');
  buf_char(out, '\n');
  if (whole > text.len) buf_str(out, "\nCut here; the result itself is whole.\n");
}

static bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void run_count(const Json *args, Buf *out) {
  Text text = arg_input(args, "text", "file");
  size_t chars = 0, words = 0, longest = 0, bad = 0;
  Lines lines = lines_of(text);
  for (size_t i = 0; i < lines.count; i++) longest = lines.at[i].len > longest ? lines.at[i].len : longest;
  for (size_t at = 0; at < text.len; chars++) {
    size_t step = utf8_step((Text){text.at + at, text.len - at});
    bad += step == 0;
    words += !blank(text.at[at]) && (at == 0 || blank(text.at[at - 1]));
    at += step ? step : 1;
  }
  buf_format(out, "{\"lines\":%zu,\"words\":%zu,\"characters\":%zu,\"bytes\":%zu,\"longestLine\":%zu,\"invalidUtf8\":%zu,", lines.count,
             words, chars, text.len, longest, bad);
  buf_format(out, "\"display\":\"| Lines | Words | Characters | Bytes | Longest line |\\n| ---: | ---: | ---: | ---: | ---: |\\n");
  buf_format(out, "| %zu | %zu | %zu | %zu | %zu |\\n\"}", lines.count, words, chars, text.len, longest);
}

// `$0` is what matched, `$$` a dollar; only for regular expressions.
static void put_replacement(Buf *out, Text replacement, bool regex, Text matched) {
  for (size_t i = 0; i < replacement.len; i++) {
    char next = i + 1 < replacement.len ? replacement.at[i + 1] : 0;
    if (regex && replacement.at[i] == '$' && (next == '0' || next == '$')) {
      if (next == '0') {
        buf_text(out, matched);
      } else {
        buf_char(out, '$');
      }
      i++;
    } else {
      buf_char(out, replacement.at[i]);
    }
  }
  if (out->len > MAX_OUTPUT_BYTES) fail("the result is larger than 32 MiB");
}

static void run_replace(const Json *args, Buf *out) {
  bool regex = arg_flag(args, "regex", false);
  Pattern *pattern = pattern_of(arg_text(args, "pattern", NULL), regex, arg_flag(args, "ignore_case", false));
  Text replacement = arg_text(args, "replacement", NULL), text = arg_input(args, "text", "file");
  long limit = arg_int(args, "limit", 1000000, 1, 1000000), made = 0;
  Buf changed = {0};
  // Line by line, so that ^ and $ mean line ends and nothing matches across them.
  for (size_t at = 0; at < text.len; ) {
    const char *newline = memchr(text.at + at, '\n', text.len - at);
    size_t end = newline ? (size_t)(newline - text.at) : text.len;
    bool carriage = newline && end > at && text.at[end - 1] == '\r';
    Text line = {text.at + at, end - at - carriage};
    size_t from = 0;
    Match match;
    while (made < limit && pattern_find(pattern, line, from, &match)) {
      buf_bytes(&changed, line.at + from, match.start - from);
      put_replacement(&changed, replacement, regex, (Text){line.at + match.start, match.end - match.start});
      made++;
      from = match.end;
      if (match.end > match.start) continue;
      // An empty match: the next character stays and the search goes on behind it.
      if (from >= line.len) break;
      buf_char(&changed, line.at[from++]);
    }
    buf_bytes(&changed, line.at + from, line.len - from);
    if (carriage) buf_char(&changed, '\r');
    if (newline) buf_char(&changed, '\n');
    at = end + 1;
  }
  Buf display = {0};
  buf_format(&display, "%ld replaced.\n\n", made);
  put_fenced(&display, "", buf_done(&changed));
  buf_format(out, "{\"replaced\":%ld,\"text\":", made);
  json_write_string(out, buf_done(&changed));
  buf_str(out, ",\"display\":");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}

int main(int argc, char **argv) {
  static const ToolEntry tools[] = {
      {"count", run_count}, {"search", run_search}, {"replace", run_replace}, {"diff", run_diff}, {"lines", run_lines}};
  return call_main(argc, argv, tools, sizeof tools / sizeof *tools);
}
