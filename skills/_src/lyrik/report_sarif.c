#include <stdlib.h>
#include <string.h>

#include "report.h"

static void text(Buf *out, const char *name, Text value) {
  buf_format(out, "\"%s\":{\"text\":", name);
  json_write_string(out, value);
  buf_char(out, '}');
}

static const char *level(Tier tier) {
  return tier >= T_HIGH ? "error" : tier == T_MEDIUM ? "warning" : "note";
}

static const char *score(Tier tier) {
  static const char *const scores[TIERS] = {"1.0", "3.0", "5.5", "8.0", "9.5"};
  return scores[tier];
}

// RFC 3986: a relative reference, percent-encoded as UTF-8.
static void uri(Buf *out, Text path) {
  buf_char(out, '"');
  for (size_t i = 0; i < path.len; i++) {
    unsigned char c = (unsigned char)path.at[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("/-._~", c));
    if (plain) {
      buf_char(out, (char)c);
    } else {
      buf_format(out, "%%%02X", c);
    }
  }
  buf_char(out, '"');
}

static void location(Buf *out, Text file, uint32_t line, uint32_t column, uint32_t end_line, uint32_t end_column, Text snippet) {
  buf_str(out, "\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
  uri(out, file);
  buf_format(out, ",\"uriBaseId\":\"SRCROOT\"},\"region\":{\"startLine\":%u,\"startColumn\":%u", line, column);
  if (end_line) buf_format(out, ",\"endLine\":%u,\"endColumn\":%u", end_line, end_column);
  buf_char(out, ',');
  text(out, "snippet", snippet);
  buf_str(out, "}}");
}

static void rule(Buf *out, const Rule *it) {
  buf_str(out, "{\"id\":");
  json_write_string(out, it->id);
  buf_char(out, ',');
  text(out, "shortDescription", it->title);
  buf_char(out, ',');
  text(out, "fullDescription", it->message);
  buf_char(out, ',');
  text(out, "help", it->remedy);
  const Json *references = json_member(it->source, "references");
  if (references && references->kind == J_ARRAY && references->len) {
    buf_str(out, ",\"helpUri\":");
    json_write_string(out, json_text(&references->items[0]));
  }
  buf_format(out, ",\"defaultConfiguration\":{\"level\":\"%s\"},\"properties\":{\"security-severity\":\"%s\",\"precision\":", level(it->tier), score(it->tier));
  json_write_string(out, it->confidence);
  buf_str(out, ",\"tags\":[\"security\",");
  json_write_string(out, it->cwe);
  buf_char(out, ',');
  json_write_string(out, it->owasp);
  buf_char(out, ',');
  json_write_string(out, it->framing);
  buf_str(out, "]}}");
}

static void flow(Buf *out, const Finding *it) {
  buf_str(out, ",\"codeFlows\":[{\"threadFlows\":[{\"locations\":[");
  for (uint32_t i = 0; i < it->step_count; i++) {
    const TraceStep *step = &it->steps[i];
    buf_str(out, i ? ",{\"location\":{" : "{\"location\":{");
    location(out, it->file, step->line, step->column, 0, 0, step->snippet);
    buf_char(out, ',');
    text(out, "message", step->what);
    buf_str(out, "}}");
  }
  buf_str(out, "]}]}]");
}

void write_sarif(Buf *out, const Result *result, const Scan *scan) {
  uint32_t *index = take(RULE_COUNT, sizeof *index), used = 0;
  for (uint32_t i = 0; i < RULE_COUNT; i++) index[i] = UINT32_MAX;
  buf_str(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"lyrik\",\"semanticVersion\":\"1.0.0\",\"rules\":[");
  for (size_t i = 0; i < result->count; i++) {
    uint32_t at = result->findings[i].rule;
    if (index[at] != UINT32_MAX) continue;
    index[at] = used++;
    if (used > 1) buf_char(out, ',');
    rule(out, &RULES[at]);
  }
  buf_str(out, "]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
  for (size_t i = 0; i < result->count; i++) {
    const Finding *it = &result->findings[i];
    buf_str(out, i ? ",\n{\"ruleId\":" : "\n{\"ruleId\":");
    json_write_string(out, RULES[it->rule].id);
    buf_format(out, ",\"ruleIndex\":%u,\"level\":\"%s\",", index[it->rule], level(RULES[it->rule].tier));
    text(out, "message", RULES[it->rule].message);
    buf_str(out, ",\"locations\":[{");
    location(out, it->file, it->line, it->column, it->end_line, it->end_column, it->snippet);
    buf_str(out, "}],\"partialFingerprints\":{\"lyrik/v1\":");
    json_write_string(out, it->fingerprint);
    buf_char(out, '}');
    if (scan->has_baseline) buf_format(out, ",\"baselineState\":\"%s\"", it->known ? "unchanged" : "new");
    if (it->step_count) flow(out, it);
    buf_char(out, '}');
  }
  buf_str(out, "],\"invocations\":[{\"executionSuccessful\":true,\"toolExecutionNotifications\":[");
  for (size_t i = 0; i < result->note_count; i++) {
    buf_str(out, i ? ",{\"level\":\"note\"," : "{\"level\":\"note\",");
    text(out, "message", text_of(result->notes[i].why));
    buf_str(out, ",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
    uri(out, result->notes[i].file);
    buf_str(out, ",\"uriBaseId\":\"SRCROOT\"}}}]}");
  }
  buf_str(out, "]}]}]}\n");
  free(index);
}
