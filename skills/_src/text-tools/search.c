#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../common/walk.h"
#include "pattern.h"
#include "tools.h"

#define MAX_LINE_SHOWN 500
#define PROGRESS_EVERY 500

typedef struct {
  Pattern *pattern;
  size_t context, limit, matches, files, seen, skipped;
  Buf found, shown, bytes;
} Search;

static Text cut(Text line) {
  if (line.len > MAX_LINE_SHOWN) line.len = MAX_LINE_SHOWN;
  return line;
}

static void put_lines(Buf *out, const Lines *lines, size_t from, size_t to) {
  buf_char(out, '[');
  for (size_t i = from; i < to; i++) {
    if (i > from) buf_char(out, ',');
    json_write_string(out, cut(lines->at[i]));
  }
  buf_char(out, ']');
}

static void put_match(Search *search, Text path, const Lines *lines, size_t at, Match match) {
  size_t before = at < search->context ? 0 : at - search->context;
  size_t after = lines->count - at - 1 < search->context ? lines->count : at + 1 + search->context;
  Buf *out = &search->found;
  if (search->matches++) buf_char(out, ',');
  buf_str(out, "{\"path\":");
  json_write_string(out, path);
  buf_format(out, ",\"line\":%zu,\"column\":%zu,\"text\":", at + 1, match.start + 1);
  json_write_string(out, cut(lines->at[at]));
  if (search->context) {
    buf_str(out, ",\"before\":");
    put_lines(out, lines, before, at);
    buf_str(out, ",\"after\":");
    put_lines(out, lines, at + 1, after);
  }
  buf_char(out, '}');
  for (size_t i = before; i < after; i++) {
    buf_text(&search->shown, path);
    buf_format(&search->shown, i == at ? ":%zu:" : "-%zu-", i + 1);
    buf_text(&search->shown, cut(lines->at[i]));
    buf_char(&search->shown, '\n');
  }
}

static void search_text(Search *search, Text path, Text text) {
  Lines lines = lines_of(text);
  size_t before = search->matches;
  for (size_t i = 0; i < lines.count && search->matches < search->limit; i++) {
    Match match;
    if (pattern_find(search->pattern, lines.at[i], 0, &match)) put_match(search, path, &lines, i, match);
  }
  search->files += search->matches > before;
}

static void visit(void *self, int dir, const char *name, Text path) {
  Search *search = self;
  if (search->matches >= search->limit) return;
  if (++search->seen % PROGRESS_EVERY == 0) progress(search->seen, 0, "files searched");
  int fd = open_at(dir, name, false);
  bool read = fd >= 0 && read_whole(fd, &search->bytes, CALL_MAX_FILE_BYTES);
  if (fd >= 0) close(fd);
  Text text = buf_done(&search->bytes);
  if (!read || memchr(text.at, 0, text.len < 8192 ? text.len : 8192)) {
    search->skipped++;
    return;
  }
  search_text(search, path, text);
}

void run_search(const Json *args, Buf *out) {
  static const Text usual[] = {{".git", 4}, {"node_modules", 12}};
  static const Text everything = {".", 1};
  Search search = {
      .pattern = pattern_of(arg_text(args, "pattern", NULL), arg_flag(args, "regex", false), arg_flag(args, "ignore_case", false)),
      .context = (size_t)arg_int(args, "context", 0, 0, 20),
      .limit = (size_t)arg_int(args, "limit", 200, 1, 10000),
  };
  Text *paths, *exclude;
  size_t path_count = arg_texts(args, "paths", &paths), exclude_count = arg_texts(args, "exclude", &exclude);
  if (arg_has(args, "text")) {
    search_text(&search, text_of("text"), arg_text(args, "text", NULL));
  } else {
    bool own = arg_has(args, "exclude");
    Walk walked = {own ? exclude : usual, own ? exclude_count : 2, visit, &search, 0, 0, 0};
    const Text *each = path_count ? paths : &everything;
    for (size_t i = 0; i < (path_count ? path_count : 1); i++) {
      if (!walk_glob(&walked, each[i])) {
        Buf name = {0};
        json_write_string(&name, each[i]);
        buf_char(&name, 0);
        fail("%.300s: there is no such file or directory in the workspace, or it is not granted", name.at);
      }
    }
    search.skipped += walked.unreadable;
  }
  Buf display = {0};
  bool limited = search.matches >= search.limit;
  if (search.matches) {
    put_fenced(&display, "", buf_done(&search.shown));
  } else {
    buf_str(&display, "No matches.\n");
  }
  if (limited) buf_format(&display, "\nStopped at %zu matches.\n", search.limit);
  buf_str(out, "{\"matches\":[");
  buf_text(out, buf_done(&search.found));
  buf_format(out, "],\"count\":%zu,\"files\":%zu,\"skipped\":%zu,\"limited\":%s,\"display\":", search.matches, search.files,
             search.skipped, limited ? "true" : "false");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}
