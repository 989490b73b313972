// code-stats: counts files, lines, code, comments and bytes of a workspace by language.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/call.h"
#include "../common/walk.h"
#include "count.h"

#define MAX_BYTES (32u << 20)
#define BINARY_SNIFF_BYTES 8192
#define PROGRESS_EVERY 1000

typedef struct {
  Text path;
  int language;
  Counts counts;
} FileCounts;

typedef struct {
  Counts languages[128];
  bool keep_files;
  FileCounts *files;
  size_t file_count, file_room;
  uint64_t seen, binary, unknown, unreadable, too_large;
  Buf bytes;
} Stats;

static void add(Counts *into, const Counts *from) {
  into->files += from->files;
  into->lines += from->lines;
  into->code += from->code;
  into->comments += from->comments;
  into->blanks += from->blanks;
  into->bytes += from->bytes;
}

static void keep(Stats *stats, Text path, int language, const Counts *counts) {
  if (stats->file_count == stats->file_room) {
    stats->file_room = stats->file_room ? stats->file_room * 2 : 256;
    stats->files = grow(stats->files, stats->file_room, sizeof *stats->files);
  }
  char *copy = take(path.len, 1);
  memcpy(copy, path.at, path.len);
  stats->files[stats->file_count++] = (FileCounts){{copy, path.len}, language, *counts};
}

static void visit(void *self, int dir, const char *name, Text path) {
  Stats *stats = self;
  if (++stats->seen % PROGRESS_EVERY == 0) progress(stats->seen, 0, "files read");
  const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
  int language = language_of_name(text_of(base));
  if (language < 0 && strchr(base, '.')) {
    stats->unknown++;
    return;
  }
  int fd = open_at(dir, name, false);
  if (fd < 0) {
    stats->unreadable++;
    return;
  }
  bool read = read_whole(fd, &stats->bytes, MAX_BYTES);
  close(fd);
  Text bytes = buf_done(&stats->bytes);
  if (!read) {
    *(bytes.len > MAX_BYTES ? &stats->too_large : &stats->unreadable) += 1;
    return;
  }
  if (memchr(bytes.at, 0, bytes.len < BINARY_SNIFF_BYTES ? bytes.len : BINARY_SNIFF_BYTES)) {
    stats->binary++;
    return;
  }
  if (language < 0) language = language_of_shebang(bytes);
  if (language < 0) {
    stats->unknown++;
    return;
  }
  Counts counts = {0};
  count_lines(&LANGUAGES[language], bytes, &counts);
  add(&stats->languages[language], &counts);
  if (stats->keep_files) keep(stats, path, language, &counts);
}

static const Stats *sorting;

static int by_code(const Counts *a, const Counts *b) { return (a->code < b->code) - (a->code > b->code); }

static int by_language_code(const void *a, const void *b) {
  int left = *(const int *)a, right = *(const int *)b;
  int order = by_code(&sorting->languages[left], &sorting->languages[right]);
  return order ? order : left - right;
}

static int by_file_code(const void *a, const void *b) {
  const FileCounts *left = a, *right = b;
  int order = by_code(&left->counts, &right->counts);
  return order ? order : text_order(left->path, right->path);
}

static void write_counts(Buf *out, const Counts *counts, bool files) {
  if (files) buf_format(out, "\"files\":%llu,", (unsigned long long)counts->files);
  buf_format(out, "\"lines\":%llu,\"code\":%llu,\"comments\":%llu,\"blanks\":%llu,\"bytes\":%llu}",
             (unsigned long long)counts->lines, (unsigned long long)counts->code, (unsigned long long)counts->comments,
             (unsigned long long)counts->blanks, (unsigned long long)counts->bytes);
}

static void table_row(Buf *table, const char *name, const Counts *counts, const char *bold) {
  const uint64_t cells[] = {counts->files, counts->lines, counts->code, counts->comments, counts->blanks, counts->bytes};
  buf_format(table, "| %s%s%s |", bold, name, bold);
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
    buf_format(table, " %s%llu%s |", bold, (unsigned long long)cells[i], bold);
  }
  buf_char(table, '\n');
}

static void write_files(Buf *out, Buf *table, Stats *stats, size_t top) {
  if (stats->file_count) qsort(stats->files, stats->file_count, sizeof *stats->files, by_file_code);
  if (top > stats->file_count) top = stats->file_count;
  buf_str(out, ",\"files\":[");
  buf_str(table, "\n| File | Language | Lines | Code | Comments |\n| --- | --- | ---: | ---: | ---: |\n");
  for (size_t i = 0; i < top; i++) {
    const FileCounts *file = &stats->files[i];
    if (i) buf_char(out, ',');
    buf_str(out, "{\"path\":");
    json_write_string(out, file->path);
    buf_format(out, ",\"language\":\"%s\",", LANGUAGES[file->language].name);
    write_counts(out, &file->counts, false);
    buf_str(table, "| ");
    buf_cell(table, file->path, 200);
    buf_format(table, " | %s | %llu | %llu | %llu |\n", LANGUAGES[file->language].name,
               (unsigned long long)file->counts.lines, (unsigned long long)file->counts.code,
               (unsigned long long)file->counts.comments);
  }
  buf_char(out, ']');
}

static void skipped_note(Buf *table, uint64_t count, const char *why) {
  if (count) buf_format(table, "\nSkipped: %llu %s.\n", (unsigned long long)count, why);
}

static void write_stats(Buf *out, Stats *stats, const Walk *walked, size_t top) {
  int order[128];
  size_t used = 0;
  Counts totals = {0};
  for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
    if (stats->languages[i].files) order[used++] = (int)i;
    add(&totals, &stats->languages[i]);
  }
  sorting = stats;
  qsort(order, used, sizeof *order, by_language_code);
  Buf table = {0};
  buf_str(&table, "| Language | Files | Lines | Code | Comments | Blank | Bytes |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  buf_str(out, "{\"languages\":[");
  for (size_t i = 0; i < used; i++) {
    const Counts *counts = &stats->languages[order[i]];
    buf_format(out, "%s{\"language\":\"%s\",", i ? "," : "", LANGUAGES[order[i]].name);
    write_counts(out, counts, true);
    table_row(&table, LANGUAGES[order[i]].name, counts, "");
  }
  table_row(&table, "Total", &totals, "**");
  buf_str(out, "],\"totals\":{");
  write_counts(out, &totals, true);
  if (stats->keep_files) write_files(out, &table, stats, top);
  uint64_t unreadable = stats->unreadable + walked->unreadable;
  buf_format(out, ",\"skipped\":{\"binary\":%llu,\"unknown\":%llu,\"unreadable\":%llu,\"tooLarge\":%llu,\"notRegular\":%llu,\"tooDeep\":%llu}",
             (unsigned long long)stats->binary, (unsigned long long)stats->unknown, (unsigned long long)unreadable,
             (unsigned long long)stats->too_large, (unsigned long long)walked->not_regular, (unsigned long long)walked->too_deep);
  skipped_note(&table, stats->binary, "binary");
  skipped_note(&table, stats->unknown, "of a kind not known here");
  skipped_note(&table, unreadable, "that cannot be read");
  skipped_note(&table, stats->too_large, "larger than 32 MiB");
  skipped_note(&table, walked->not_regular, "symlinks or special files");
  skipped_note(&table, walked->too_deep, "directories nested too deeply");
  buf_str(out, ",\"display\":");
  json_write_string(out, buf_done(&table));
  buf_char(out, '}');
}

static void run(const Json *args, Buf *out) {
  static const Text usual[] = {{".git", 4}, {".hg", 3}, {".svn", 4}, {"node_modules", 12}};
  static const Text everything = {".", 1};
  static Stats stats;
  Text *paths, *exclude;
  size_t path_count = arg_texts(args, "paths", &paths), exclude_count = arg_texts(args, "exclude", &exclude);
  bool own = arg_has(args, "exclude");
  stats.keep_files = arg_flag(args, "by_file", false) || arg_has(args, "top");
  size_t top = (size_t)arg_int(args, "top", 20, 1, 10000);
  Walk walked = {own ? exclude : usual, own ? exclude_count : sizeof usual / sizeof *usual, visit, &stats, 0, 0, 0};
  const Text *each = path_count ? paths : &everything;
  for (size_t i = 0; i < (path_count ? path_count : 1); i++) {
    if (!walk_glob(&walked, each[i])) {
      Buf name = {0};
      json_write_string(&name, each[i]);
      buf_char(&name, 0);
      fail("%.300s: there is no such file or directory in the workspace, or it is not granted", name.at);
    }
  }
  if (stats.seen >= PROGRESS_EVERY) progress(stats.seen, stats.seen, "done");
  write_stats(out, &stats, &walked, top);
}

int main(int argc, char **argv) {
  static const ToolEntry tools[] = {{"code-stats", run}};
  _Static_assert(sizeof ((Stats *)0)->languages / sizeof(Counts) >= 100, "room for every language");
  return call_main(argc, argv, tools, 1);
}
