#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/call.h"
#include "../hash/digest.h"
#include "cache.h"

#ifdef ENOTCAPABLE
#define NOT_GRANTED ENOTCAPABLE
#else
#define NOT_GRANTED EACCES
#endif
#define LISTED 500
#define SHOWN 60
#define NOTES_SHOWN 20

static Buf written_names;
static char failure[120];

static int by_tier(const void *a, const void *b) {
  const Finding *left = a, *right = b;
  int order = (int)RULES[right->rule].tier - (int)RULES[left->rule].tier;
  if (!order) order = text_order(left->file, right->file);
  if (!order) order = left->line < right->line ? -1 : left->line > right->line;
  if (!order) order = left->column < right->column ? -1 : left->column > right->column;
  return order ? order : left->rule < right->rule ? -1 : left->rule > right->rule;
}

// Rule, file and text of the line, and which of several it is: lines may move.
static void fingerprint(Finding *it, uint32_t nth) {
  Digest digest;
  uint8_t bytes[32];
  char hex[33], suffix[16];
  digest_start(&digest, SHA256);
  digest_add(&digest, RULES[it->rule].id.at, RULES[it->rule].id.len);
  digest_add(&digest, "\0", 1);
  digest_add(&digest, it->file.at, it->file.len);
  digest_add(&digest, "\0", 1);
  for (size_t i = 0; i < it->snippet.len; i++) {
    if (it->snippet.at[i] != ' ' && it->snippet.at[i] != '\t') digest_add(&digest, it->snippet.at + i, 1);
  }
  digest_add(&digest, suffix, (size_t)snprintf(suffix, sizeof suffix, "%c%u", 0, nth));
  digest_end(&digest, bytes);
  for (int i = 0; i < 16; i++) snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
  it->fingerprint = keep_text((Text){hex, 32});
}

void result_sort(Result *result) {
  if (result->count) qsort(result->findings, result->count, sizeof *result->findings, by_tier);
  for (size_t i = 0; i < result->count; i++) {
    uint32_t nth = 0;
    const Finding *it = &result->findings[i];
    for (size_t before = i; before-- > 0 && i - before < 200; ) {
      const Finding *other = &result->findings[before];
      if (!text_equal(other->file, it->file)) break;
      nth += other->rule == it->rule && text_equal(other->snippet, it->snippet);
    }
    fingerprint(&result->findings[i], nth);
  }
}

void write_stable_id(Buf *out, const Finding *finding) {
  buf_text(out, RULES[finding->rule].framing);
  buf_str(out, "::");
  buf_text(out, finding->file);
  buf_format(out, ":%u", finding->line);
}

static void member(Buf *out, const char *name, Text value) {
  buf_format(out, "\"%s\":", name);
  json_write_string(out, value);
  buf_char(out, ',');
}

static void write_finding(Buf *out, const Finding *it) {
  const Rule *rule = &RULES[it->rule];
  Buf id = {0};
  write_stable_id(&id, it);
  buf_char(out, '{');
  member(out, "stable_id", buf_done(&id));
  free(id.at);
  member(out, "rule", rule->id);
  member(out, "title", rule->title);
  member(out, "tier", text_of(TIER_NAMES[rule->tier]));
  member(out, "confidence", rule->confidence);
  member(out, "framing", rule->framing);
  member(out, "cwe", rule->cwe);
  member(out, "owasp", rule->owasp);
  member(out, "message", rule->message);
  member(out, "remedy", rule->remedy);
  member(out, "file", it->file);
  buf_format(out, "\"range\":{\"start\":{\"line\":%u,\"column\":%u},\"end\":{\"line\":%u,\"column\":%u}},", it->line, it->column, it->end_line, it->end_column);
  member(out, "snippet", it->snippet);
  member(out, "fingerprint", it->fingerprint);
  buf_format(out, "\"new\":%s,\"dataflow\":[", it->known ? "false" : "true");
  for (uint32_t i = 0; i < it->step_count; i++) {
    const TraceStep *step = &it->steps[i];
    buf_format(out, "%s{\"line\":%u,\"column\":%u,\"what\":", i ? "," : "", step->line, step->column);
    json_write_string(out, step->what);
    buf_str(out, ",\"snippet\":");
    json_write_string(out, step->snippet);
    buf_char(out, '}');
  }
  buf_str(out, "]}");
}

// The code of the worst new finding: none or INFO 0, LOW 10, MEDIUM 11, HIGH 12, CRITICAL 13.
static int exit_code(const Result *result, const Scan *scan) {
  int worst = 0;
  for (size_t i = 0; i < result->count; i++) {
    int tier = (int)RULES[result->findings[i].rule].tier;
    if (!result->findings[i].known && tier >= (int)scan->fail_on && tier > worst) worst = tier;
  }
  return worst == 0 ? 0 : 9 + worst;
}

static void code_span(Buf *out, Text text) {
  size_t shown = text.len > 120 ? 120 : text.len;
  buf_str(out, "`");
  for (size_t i = 0; i < shown; i++) {
    unsigned char c = (unsigned char)text.at[i];
    buf_char(out, c < 0x20 || c == 0x7f ? ' ' : c == '`' ? '\'' : (char)c);
  }
  buf_str(out, "`");
}

static void show(Buf *out, const Result *result, const Scan *scan, bool only_new) {
  size_t counts[TIERS] = {0}, known = 0;
  for (size_t i = 0; i < result->count; i++) {
    counts[RULES[result->findings[i].rule].tier] += !result->findings[i].known;
    known += result->findings[i].known;
  }
  bool any = false;
  for (int tier = T_CRITICAL; tier >= 0; tier--) {
    if (!counts[tier]) continue;
    buf_format(out, "%s%zu %s", any ? ", " : "**", counts[tier], TIER_NAMES[tier]);
    any = true;
  }
  buf_str(out, any ? "**" : "**Nothing found**");
  buf_format(out, " in %llu files", (unsigned long long)result->files);
  if (scan->has_baseline) buf_format(out, "; new since the baseline (%zu known, %llu gone)", known, (unsigned long long)result->fixed);
  buf_str(out, ".\n");
  size_t shown = 0;
  int tier = TIERS;
  for (size_t i = 0; i < result->count && shown < SHOWN; i++) {
    const Finding *it = &result->findings[i];
    const Rule *rule = &RULES[it->rule];
    if (it->known && (only_new || scan->has_baseline)) continue;
    if ((int)rule->tier != tier) buf_format(out, "\n## %s\n", TIER_NAMES[tier = (int)rule->tier]);
    shown++;
    buf_str(out, "- ");
    buf_cell(out, rule->title, 120);
    buf_str(out, ", ");
    Buf place = {0};
    buf_text(&place, it->file);
    buf_format(&place, ":%u", it->line);
    code_span(out, buf_done(&place));
    free(place.at);
    buf_str(out, " (");
    buf_text(out, rule->id);
    buf_str(out, ", ");
    buf_text(out, rule->cwe);
    buf_str(out, ")\n  ");
    code_span(out, it->snippet);
    buf_char(out, '\n');
    if (it->step_count > 1) {
      buf_str(out, "  from ");
      for (uint32_t s = 0; s < it->step_count; s++) buf_format(out, "%sline %u", s ? " → " : "", it->steps[s].line);
      buf_char(out, '\n');
    }
  }
  if (shown == SHOWN) buf_str(out, "\nMore are in `.lyrik/findings.json`.\n");
  if (result->note_count) {
    buf_str(out, "\nNot or not wholly read:\n");
    for (size_t i = 0; i < result->note_count && i < NOTES_SHOWN; i++) {
      const Note *note = &result->notes[i];
      buf_str(out, "- ");
      code_span(out, note->file);
      buf_format(out, note->line ? ": %s (line %u)\n" : ": %s\n", note->why, note->line);
    }
    uint64_t more = result->note_count + result->unnoted;
    if (more > NOTES_SHOWN) buf_format(out, "- and %llu more\n", (unsigned long long)(more - NOTES_SHOWN));
  }
  if (result->suppressed) buf_format(out, "\n%llu left out by lyrik-ignore.\n", (unsigned long long)result->suppressed);
  if (written_names.len) {
    buf_str(out, "\nWritten: ");
    buf_text(out, buf_done(&written_names));
    buf_str(out, "\n");
  } else if (failure[0]) {
    buf_format(out, "\nNo files were written: %s.\n", failure);
  }
}

void write_result(Buf *out, Result *result, const Scan *scan, bool diff) {
  size_t tiers[TIERS] = {0}, listed = 0, fresh = 0;
  buf_str(out, "{\"findings\":[");
  for (size_t i = 0; i < result->count; i++) {
    tiers[RULES[result->findings[i].rule].tier]++;
    fresh += !result->findings[i].known;
    if (listed == LISTED || (diff && result->findings[i].known)) continue;
    if (listed++) buf_char(out, ',');
    write_finding(out, &result->findings[i]);
  }
  buf_format(out, "],\"total\":%zu,\"listed\":%zu,\"new\":%zu,\"known\":%zu,\"gone\":%llu,\"tiers\":{", result->count, listed, fresh,
             result->count - fresh, (unsigned long long)result->fixed);
  for (int i = TIERS - 1; i >= 0; i--) buf_format(out, "\"%s\":%zu%s", TIER_NAMES[i], tiers[i], i ? "," : "}");
  buf_format(out, ",\"files\":%llu,\"bytes\":%llu,\"unchanged\":%llu,\"suppressed\":%llu,\"ignored\":%llu,\"unreadable\":%llu,\"not_regular\":%llu",
             (unsigned long long)result->files, (unsigned long long)result->bytes, (unsigned long long)result->cached,
             (unsigned long long)result->suppressed, (unsigned long long)scan->ignored, (unsigned long long)scan->unreadable,
             (unsigned long long)scan->not_regular);
  buf_str(out, ",\"languages\":{");
  bool any = false;
  for (int i = 0; i < LANGUAGES; i++) {
    if (result->by_language[i]) buf_format(out, "%s\"%s\":%llu", any ? "," : "", language_name((LanguageId)i), (unsigned long long)result->by_language[i]);
    any |= result->by_language[i] > 0;
  }
  buf_str(out, "},\"notes\":[");
  for (size_t i = 0; i < result->note_count && i < LISTED; i++) {
    buf_str(out, i ? ",{\"file\":" : "{\"file\":");
    json_write_string(out, result->notes[i].file);
    buf_format(out, ",\"why\":\"%s\"", result->notes[i].why);
    if (result->notes[i].line) buf_format(out, ",\"line\":%u", result->notes[i].line);
    buf_char(out, '}');
  }
  buf_format(out, "],\"notes_total\":%llu,\"configured\":%s", (unsigned long long)(result->note_count + result->unnoted), scan->configured ? "true" : "false");
  buf_format(out, ",\"exit\":%d,\"display\":", exit_code(result, scan));
  Buf display = {0};
  show(&display, result, scan, diff);
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}

static void write_findings(Buf *out, const Result *result, const char *when, const char *run) {
  buf_format(out, "{\"schema_version\":\"1.1\",\"run_id\":\"%s\",\"produced_at\":\"%s\",\"findings\":[", run, when);
  for (size_t i = 0; i < result->count; i++) {
    const Finding *it = &result->findings[i];
    const Rule *rule = &RULES[it->rule];
    Buf id = {0};
    write_stable_id(&id, it);
    buf_format(out, "%s{\"id\":\"F%04zu\",", i ? ",\n" : "\n", i + 1);
    member(out, "stable_id", buf_done(&id));
    free(id.at);
    buf_str(out, "\"framing\":[");
    json_write_string(out, rule->framing);
    buf_str(out, "],\"location\":{");
    member(out, "file", it->file);
    buf_format(out, "\"line_start\":%u,\"line_end\":%u,\"column_start\":%u,\"column_end\":%u},", it->line, it->end_line, it->column, it->end_column);
    member(out, "title", rule->title);
    member(out, "summary", rule->message);
    member(out, "tier", text_of(TIER_NAMES[rule->tier]));
    member(out, "detection_source", text_of("static"));
    member(out, "rule", rule->id);
    member(out, "cwe", rule->cwe);
    member(out, "owasp", rule->owasp);
    member(out, "confidence", rule->confidence);
    member(out, "remedy", rule->remedy);
    member(out, "snippet", it->snippet);
    member(out, "fingerprint", it->fingerprint);
    buf_str(out, "\"dataflow\":[");
    for (uint32_t s = 0; s < it->step_count; s++) {
      buf_format(out, "%s{\"line\":%u,\"what\":", s ? "," : "", it->steps[s].line);
      json_write_string(out, it->steps[s].what);
      buf_char(out, '}');
    }
    buf_str(out, "]}");
  }
  buf_str(out, "]}\n");
}

static bool write_file(const char *name, Text bytes) {
  char fresh[80], path[80];
  int root = workspace_open();
  snprintf(path, sizeof path, ".lyrik/%s", name);
  snprintf(fresh, sizeof fresh, ".lyrik/%s.new", name);
  int fd = openat(root, fresh, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  bool good = fd >= 0;
  for (size_t at = 0; good && at < bytes.len; ) {
    ssize_t done = write(fd, bytes.at + at, bytes.len - at);
    good = done > 0;
    at += good ? (size_t)done : 0;
  }
  int why = errno;
  if (fd >= 0) close(fd);
  if (good && renameat(root, fresh, root, path) != 0) {
    why = errno;
    good = false;
  }
  if (!good) {
    if (fd >= 0) unlinkat(root, fresh, 0);
    if (!failure[0]) snprintf(failure, sizeof failure, "%s: %s", name, strerror(why));
  }
  return good;
}

static bool write_shown(const char *name, Buf *bytes) {
  bool good = write_file(name, buf_done(bytes));
  free(bytes->at);
  *bytes = (Buf){0};
  if (good) buf_format(&written_names, "%s`.lyrik/%s`", written_names.len ? ", " : "", name);
  return good;
}

void write_files(Result *result, const Scan *scan) {
  uint8_t random[16] = {0};
  char run[40], when[32];
  if (getentropy(random, sizeof random) != 0) memset(random, 0, sizeof random);
  random[6] = (random[6] & 0x0f) | 0x40;
  random[8] = (random[8] & 0x3f) | 0x80;
  size_t at = 0;
  for (int i = 0; i < 16; i++) at += (size_t)snprintf(run + at, sizeof run - at, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", random[i]);
  time_t now = time(NULL);
  strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
  if (mkdirat(workspace_open(), ".lyrik", 0755) != 0 && errno != EEXIST) snprintf(failure, sizeof failure, "%s", errno == NOT_GRANTED ? "allow WorkspaceWrite:.lyrik/** for them" : strerror(errno));
  Buf bytes = {0};
  write_findings(&bytes, result, when, run);
  // Without the right to write the first says so, and no other is tried.
  if (!write_shown("findings.json", &bytes)) return;
  write_sarif(&bytes, result, scan);
  write_shown("findings.sarif", &bytes);
  write_html(&bytes, result, when);
  write_shown("report.html", &bytes);
  if (!scan->cache) return;
  Text cache = cache_bytes(text_of(""));
  if (cache.len) write_file("cache", cache);
}

static void rule_members(Buf *out, const Rule *rule) {
  member(out, "id", rule->id);
  member(out, "title", rule->title);
  member(out, "tier", text_of(TIER_NAMES[rule->tier]));
  member(out, "confidence", rule->confidence);
  member(out, "framing", rule->framing);
  member(out, "cwe", rule->cwe);
  member(out, "owasp", rule->owasp);
  buf_str(out, "\"languages\":[");
  bool any = false;
  for (int i = 0; i < LANGUAGES; i++) {
    if (rule->languages >> i & 1) buf_format(out, "%s\"%s\"", any ? "," : "", language_name((LanguageId)i));
    any |= rule->languages >> i & 1;
  }
  buf_char(out, ']');
}

void write_rule(Buf *out, uint32_t number) {
  const Rule *rule = &RULES[number];
  Buf display = {0};
  buf_char(out, '{');
  member(out, "message", rule->message);
  member(out, "remedy", rule->remedy);
  member(out, "file", rule->file);
  const Json *references = json_member(rule->source, "references");
  buf_str(out, "\"references\":");
  if (references) json_write(out, references, 0, false); else buf_str(out, "[]");
  buf_char(out, ',');
  rule_members(out, rule);
  buf_str(&display, "## ");
  buf_text(&display, rule->title);
  buf_format(&display, "\n%s, ", TIER_NAMES[rule->tier]);
  buf_text(&display, rule->cwe);
  buf_str(&display, ", OWASP ");
  buf_text(&display, rule->owasp);
  buf_str(&display, ", confidence ");
  buf_text(&display, rule->confidence);
  buf_str(&display, "\n\n");
  buf_text(&display, rule->message);
  buf_str(&display, "\n\n**Remedy:** ");
  buf_text(&display, rule->remedy);
  buf_str(&display, "\n");
  for (size_t i = 0; references && i < references->len; i++) {
    buf_str(&display, "\n- ");
    buf_text(&display, json_text(&references->items[i]));
  }
  buf_str(out, ",\"display\":");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}

void write_rules(Buf *out, LanguageId only) {
  Buf display = {0};
  size_t count = 0;
  buf_str(&display, "| Rule | Severity | CWE | Title |\n| --- | --- | --- | --- |\n");
  buf_str(out, "{\"rules\":[");
  for (uint32_t i = 0; i < RULE_COUNT; i++) {
    const Rule *rule = &RULES[i];
    if (only != LANGUAGES && !(rule->languages >> only & 1)) continue;
    buf_str(out, count++ ? ",{" : "{");
    rule_members(out, rule);
    buf_char(out, '}');
    buf_str(&display, "| ");
    buf_text(&display, rule->id);
    buf_format(&display, " | %s | ", TIER_NAMES[rule->tier]);
    buf_text(&display, rule->cwe);
    buf_str(&display, " | ");
    buf_cell(&display, rule->title, 120);
    buf_str(&display, " |\n");
  }
  buf_format(out, "],\"count\":%zu,\"display\":", count);
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}
