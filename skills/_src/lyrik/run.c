#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/call.h"
#include "cache.h"
#include "scan.h"
#include "tree.h"

#define MAX_CONFIG_BYTES (1u << 20)
#define MAX_BASELINE_BYTES (64u << 20)
#define PROGRESS_EVERY 200

typedef struct {
  Result *result;
  bool cache;
  Buf bytes;
  uint64_t seen;
} Visitor;

static Json config;

static void visit(void *self, Text path) {
  Visitor *visitor = self;
  Result *result = visitor->result;
  LanguageId id = language_of_file(path);
  if (++visitor->seen % PROGRESS_EVERY == 0) progress(visitor->seen, 0, "files looked at");
  if (id == LANGUAGES) return;
  char *name = text_zero(path);
  int fd = open_at(workspace_open(), name, false);
  free(name);
  if (fd < 0) {
    result->unread++;
    return;
  }
  bool read = read_whole(fd, &visitor->bytes, MAX_FILE_BYTES);
  int why = errno;
  close(fd);
  Text bytes = buf_done(&visitor->bytes);
  if (!read) {
    if (why == EFBIG) {
      note(result, path, "too large", 0);
    } else {
      result->unread++;
    }
    return;
  }
  if (visitor->cache && cache_use(result, id, path, bytes)) return;
  const char *left = left_out(path, bytes);
  if (left) {
    note(result, path, left, 0);
    return;
  }
  size_t findings = result->count, notes = result->note_count;
  uint64_t suppressed = result->suppressed;
  Text kept = keep_text(path);
  scan_file(result, id, kept, bytes);
  if (visitor->cache) cache_add(result, path, bytes, findings, notes, suppressed);
  if (result->count == findings) free((char *)kept.at);
}

static bool read_config(void) {
  config = (Json){.kind = J_NULL};
  int fd = open_at(workspace_open(), ".lyrik/config.json", false);
  if (fd < 0) return false;
  static Buf bytes;
  bool read = read_whole(fd, &bytes, MAX_CONFIG_BYTES);
  close(fd);
  if (!read) fail(".lyrik/config.json cannot be read");
  JsonError error = json_read(buf_done(&bytes), &config);
  if (error.why) fail(".lyrik/config.json:%zu:%zu: %s", error.line, error.column, error.why);
  static const char *const known[] = {"paths", "include", "exclude", "rules", "disable", "severities", "min_severity", "fail_on", "all_files"};
  if (config.kind != J_OBJECT) fail(".lyrik/config.json must be an object");
  for (size_t i = 0; i < config.len; i++) {
    size_t k = 0;
    while (k < sizeof known / sizeof *known && !text_is(config.members[i].name, known[k])) k++;
    if (k == sizeof known / sizeof *known) fail(".lyrik/config.json: there is no setting %.*s", (int)(config.members[i].name.len > 60 ? 60 : config.members[i].name.len), config.members[i].name.at);
  }
  return true;
}

// What is asked for, otherwise what is configured.
static size_t texts(const Json *args, const char *name, Text **into) {
  return arg_texts(arg_has(args, name) || config.kind != J_OBJECT ? args : &config, name, into);
}

static Tier tier(const Json *args, const char *name, Tier otherwise) {
  const Json *from = arg_has(args, name) || config.kind != J_OBJECT ? args : &config;
  if (!arg_has(from, name)) return otherwise;
  Tier it = tier_of(arg_text(from, name, NULL));
  if (it == TIERS) fail("%s must be one of info, low, medium, high, critical", name);
  return it;
}

static void configure_rules(void) {
  if (config.kind != J_OBJECT) return;
  Text *names;
  size_t count = arg_texts(&config, "disable", &names);
  for (size_t i = 0; i < count; i++) {
    uint32_t rule = rule_of(names[i]);
    if (rule == RULE_COUNT) fail(".lyrik/config.json: disable: there is no rule %.*s", (int)(names[i].len > 80 ? 80 : names[i].len), names[i].at);
    RULES[rule].on = false;
  }
  const Json *severities = json_member(&config, "severities");
  if (!severities) return;
  if (severities->kind != J_OBJECT) fail(".lyrik/config.json: severities must be an object");
  for (size_t i = 0; i < severities->len; i++) {
    const Member *member = &severities->members[i];
    uint32_t rule = rule_of(member->name);
    Tier it = member->value.kind == J_STRING ? tier_of(json_text(&member->value)) : TIERS;
    if (rule == RULE_COUNT || it == TIERS) fail(".lyrik/config.json: severities: no rule or severity: %.*s", (int)(member->name.len > 80 ? 80 : member->name.len), member->name.at);
    RULES[rule].tier = it;
  }
}

// Findings are matched by fingerprint, and by stable id where another program wrote the file.
static void compare(Result *result, Text path) {
  char *name = text_zero(workspace_path(path));
  int fd = open_at(workspace_open(), name, false);
  static Buf bytes;
  if (fd < 0 || !read_whole(fd, &bytes, MAX_BASELINE_BYTES)) fail("the baseline %.300s cannot be read: %s", name, strerror(errno));
  close(fd);
  Json baseline;
  JsonError error = json_read(buf_done(&bytes), &baseline);
  const Json *findings = error.why ? NULL : json_member(&baseline, "findings");
  if (!findings || findings->kind != J_ARRAY) fail("the baseline %.300s is no findings.json", name);
  bool *met = take(findings->len, sizeof *met);
  memset(met, 0, findings->len * sizeof *met);
  for (size_t i = 0; i < result->count; i++) {
    Finding *it = &result->findings[i];
    Buf id = {0};
    write_stable_id(&id, it);
    for (size_t b = 0; b < findings->len && !it->known; b++) {
      if (met[b]) continue;
      const Json *print = json_member(&findings->items[b], "fingerprint"), *stable = json_member(&findings->items[b], "stable_id");
      bool same = print && print->kind == J_STRING ? text_equal(json_text(print), it->fingerprint)
                                                   : stable && stable->kind == J_STRING && text_equal(json_text(stable), buf_done(&id));
      if (same) it->known = met[b] = true;
    }
    free(id.at);
  }
  for (size_t b = 0; b < findings->len; b++) result->fixed += !met[b];
  free(met);
  free(name);
}

Result *run_scan(const Json *args, Scan *into) {
  static Result result;
  static const Text everything = {".", 1};
  *into = (Scan){0};
  into->configured = read_config();
  rules_load();
  configure_rules();
  Text *paths, *include, *exclude, *rules;
  size_t path_count = texts(args, "paths", &paths), rule_count = texts(args, "rules", &rules);
  Tree tree = {.visit = visit};
  tree.include_count = texts(args, "include", &include);
  tree.exclude_count = texts(args, "exclude", &exclude);
  tree.include = include;
  tree.exclude = exclude;
  tree.every_directory = arg_flag(arg_has(args, "all_files") || config.kind != J_OBJECT ? args : &config, "all_files", false);
  into->least = tier(args, "min_severity", T_INFO);
  into->fail_on = tier(args, "fail_on", T_LOW);
  rules_choose(rules, rule_count, into->least);
  into->cache = arg_flag(args, "cache", true);
  // A mistake in a rule stops the scan before it starts, whatever languages there are.
  bool any = false;
  for (uint32_t i = 0; i < RULE_COUNT; i++) any |= RULES[i].on;
  if (!any) fail("no rule is chosen; the tool rules lists them");
  Text digest = rules_digest();
  if (into->cache) cache_read(digest);
  Visitor visitor = {.result = &result, .cache = into->cache};
  tree.self = &visitor;
  const Text *each = path_count ? paths : &everything;
  for (size_t i = 0; i < (path_count ? path_count : 1); i++) {
    if (!tree_walk(&tree, each[i])) {
      Buf name = {0};
      json_write_string(&name, each[i]);
      buf_char(&name, 0);
      fail("%.300s: there is no such file or directory in the workspace, or it is not granted", name.at);
    }
  }
  if (visitor.seen >= PROGRESS_EVERY) progress(visitor.seen, visitor.seen, "done");
  into->ignored = tree.ignored;
  into->not_regular = tree.not_regular;
  into->unreadable = tree.unreadable + result.unread;
  result_sort(&result);
  into->has_baseline = arg_has(args, "baseline");
  if (into->has_baseline) compare(&result, arg_text(args, "baseline", NULL));
  return &result;
}
