#include "cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/call.h"
#include "../hash/digest.h"

#define MAX_CACHE_BYTES (64u << 20)
#define HEAD "lyrik-cache 1 "

// A line is: 64 hex of SHA-256, a blank, the path as a JSON string, a blank, what was found as JSON.
typedef struct {
  Text digest, path, found;
  int32_t before;
} Line;

static Line *lines;
static size_t count, room;
static int32_t *buckets;
static Buf written;
static bool changed;
static size_t used;

#define BUCKETS 65536u

static Text sha256_hex(Text bytes) {
  static char hex[65];
  uint8_t raw[32];
  Digest digest;
  digest_start(&digest, SHA256);
  digest_add(&digest, bytes.at, bytes.len);
  digest_end(&digest, raw);
  for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", raw[i]);
  return (Text){hex, 64};
}

static bool read_line(Text line) {
  if (line.len < 70 || line.at[64] != ' ' || line.at[65] != '"') return false;
  size_t end = 66;
  while (end < line.len && line.at[end] != '"') end += line.at[end] == '\\' ? 2 : 1;
  if (end + 2 >= line.len || line.at[end + 1] != ' ') return false;
  if (count == room) lines = grow(lines, room = room ? room * 2 : 1024, sizeof *lines);
  Line *it = &lines[count++];
  *it = (Line){{line.at, 64}, {line.at + 65, end - 64}, {line.at + end + 2, line.len - end - 2}, 0};
  int32_t *bucket = &buckets[name_hash(it->path) % BUCKETS];
  it->before = *bucket;
  *bucket = (int32_t)count;
  return true;
}

void cache_read(Text rules) {
  buckets = take(BUCKETS, sizeof *buckets);
  memset(buckets, 0, BUCKETS * sizeof *buckets);
  buf_str(&written, HEAD);
  buf_text(&written, rules);
  buf_char(&written, '\n');
  changed = true;
  int fd = open_at(workspace_open(), ".lyrik/cache", false);
  if (fd < 0) return;
  static Buf bytes;
  bool read = read_whole(fd, &bytes, MAX_CACHE_BYTES);
  close(fd);
  Text all = buf_done(&bytes);
  if (!read || all.len < written.len || memcmp(all.at, written.at, written.len) != 0) return;
  changed = false;
  for (size_t from = written.len; from < all.len; ) {
    const char *end = memchr(all.at + from, '\n', all.len - from);
    Text line = {all.at + from, end ? (size_t)(end - all.at) - from : all.len - from};
    from += line.len + 1;
    if (!read_line(line)) changed = true;
  }
}

static uint32_t number(const Json *object, const char *name) {
  const Json *it = json_member(object, name);
  return it && it->kind == J_NUMBER && it->number >= 0 && it->number < 4e9 ? (uint32_t)it->number : 0;
}

static Text text(const Json *object, const char *name) {
  const Json *it = json_member(object, name);
  return it && it->kind == J_STRING ? json_text(it) : text_of("");
}

static void restore_finding(Result *result, Text path, const Json *from) {
  uint32_t rule = rule_of(text(from, "r"));
  if (rule == RULE_COUNT || !RULES[rule].on) return;
  if (result->count == result->room) {
    result->room = result->room ? result->room * 2 : 64;
    result->findings = grow(result->findings, result->room, sizeof *result->findings);
  }
  Finding *it = &result->findings[result->count++];
  *it = (Finding){.rule = rule, .file = keep_text(path), .snippet = text(from, "s"), .line = number(from, "l"), .column = number(from, "c"),
                  .end_line = number(from, "el"), .end_column = number(from, "ec")};
  const Json *steps = json_member(from, "t");
  size_t len = steps && steps->kind == J_ARRAY ? steps->len : 0;
  it->steps = take(len, sizeof *it->steps);
  for (size_t i = 0; i < len; i++) {
    const Json *step = &steps->items[i];
    it->steps[it->step_count++] = (TraceStep){number(step, "l"), number(step, "c"), text(step, "w"), text(step, "s")};
  }
}

static const char *known_why(Text why) {
  static const char *const all[] = {"does not parse everywhere", "parts are nested too deeply to follow", "nested too deeply",
                                    "too many syntax nodes", "took too long to parse", "too large", "binary", "not UTF-8", "minified"};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (text_is(why, all[i])) return all[i];
  }
  return NULL;
}

static void keep(Text digest, Text path, Text found) {
  buf_text(&written, digest);
  buf_char(&written, ' ');
  buf_text(&written, path);
  buf_char(&written, ' ');
  buf_text(&written, found);
  buf_char(&written, '\n');
}

bool cache_use(Result *result, LanguageId language, Text path, Text bytes) {
  Buf quoted = {0};
  json_write_string(&quoted, path);
  Text name = buf_done(&quoted);
  int32_t at = buckets[name_hash(name) % BUCKETS];
  while (at && !text_equal(lines[at - 1].path, name)) at = lines[at - 1].before;
  if (!at) {
    free(quoted.at);
    return false;
  }
  Line *line = &lines[at - 1];
  bool same = text_equal(line->digest, sha256_hex(bytes));
  if (same && !text_is(line->found, "{}")) {
    Json found;
    if (json_read(line->found, &found).why) {
      same = false;
    } else {
      const Json *findings = json_member(&found, "f"), *notes = json_member(&found, "n");
      for (size_t i = 0; findings && findings->kind == J_ARRAY && i < findings->len; i++) restore_finding(result, path, &findings->items[i]);
      for (size_t i = 0; notes && notes->kind == J_ARRAY && i < notes->len; i++) {
        const char *why = known_why(text(&notes->items[i], "w"));
        if (why) note(result, path, why, number(&notes->items[i], "l"));
      }
      result->suppressed += number(&found, "i");
    }
  }
  free(quoted.at);
  if (!same) return false;
  result->files++;
  result->cached++;
  result->bytes += bytes.len;
  result->by_language[language]++;
  keep(line->digest, line->path, line->found);
  used++;
  return true;
}

void cache_add(const Result *result, Text path, Text bytes, size_t findings, size_t notes, uint64_t suppressed) {
  Buf found = {0}, name = {0};
  const char *comma = "";
  buf_char(&found, '{');
  if (result->count > findings) {
    buf_str(&found, "\"f\":[");
    for (size_t i = findings; i < result->count; i++) {
      const Finding *it = &result->findings[i];
      buf_str(&found, i > findings ? ",{\"r\":" : "{\"r\":");
      json_write_string(&found, RULES[it->rule].id);
      buf_format(&found, ",\"l\":%u,\"c\":%u,\"el\":%u,\"ec\":%u,\"s\":", it->line, it->column, it->end_line, it->end_column);
      json_write_string(&found, it->snippet);
      buf_str(&found, ",\"t\":[");
      for (uint32_t s = 0; s < it->step_count; s++) {
        buf_format(&found, "%s{\"l\":%u,\"c\":%u,\"w\":", s ? "," : "", it->steps[s].line, it->steps[s].column);
        json_write_string(&found, it->steps[s].what);
        buf_str(&found, ",\"s\":");
        json_write_string(&found, it->steps[s].snippet);
        buf_char(&found, '}');
      }
      buf_str(&found, "]}");
    }
    buf_char(&found, ']');
    comma = ",";
  }
  if (result->note_count > notes) {
    buf_format(&found, "%s\"n\":[", comma);
    for (size_t i = notes; i < result->note_count; i++) {
      buf_format(&found, "%s{\"l\":%u,\"w\":", i > notes ? "," : "", result->notes[i].line);
      json_write_string(&found, text_of(result->notes[i].why));
      buf_char(&found, '}');
    }
    buf_char(&found, ']');
    comma = ",";
  }
  if (result->suppressed > suppressed) buf_format(&found, "%s\"i\":%u", comma, (unsigned)(result->suppressed - suppressed));
  buf_char(&found, '}');
  json_write_string(&name, path);
  keep(sha256_hex(bytes), buf_done(&name), buf_done(&found));
  free(found.at);
  free(name.at);
  changed = true;
}

Text cache_bytes(Text rules) {
  (void)rules;
  return changed || used != count ? buf_done(&written) : text_of("");
}
