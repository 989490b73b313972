#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/call.h"
#include "../common/walk.h"
#include "../hash/digest.h"

#ifndef BUNDLE
#define BUNDLE "/skill"
#endif
#define MAX_RULES_BYTES (16u << 20)

Rule *RULES;
uint32_t RULE_COUNT;
const char *const TIER_NAMES[TIERS] = {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"};

static Json compiled;
static Text compiled_bytes;
static char where[300];
static const char *const USE_NAMES[USES] = {"patterns", "sources", "sinks", "sanitizers", "propagators"};

// `fail` inside of a pattern does not know where the pattern stands.
static void say_where(void) {
  if (where[0]) fprintf(stderr, "in %s\n", where);
}

static Text member_text(const Json *object, const char *name) {
  const Json *it = json_member(object, name);
  return it && it->kind == J_STRING ? json_text(it) : text_of("");
}

Tier tier_of(Text name) {
  for (int i = 0; i < TIERS; i++) {
    const char *upper = TIER_NAMES[i];
    size_t len = strlen(upper), at = 0;
    while (at < len && at < name.len && (name.at[at] & ~0x20) == upper[at]) at++;
    if (at == len && name.len == len) return (Tier)i;
  }
  return TIERS;
}

static void read_rule(const Json *source, Rule *into) {
  *into = (Rule){.id = member_text(source, "id"), .title = member_text(source, "title"), .cwe = member_text(source, "cwe"),
                 .owasp = member_text(source, "owasp"), .confidence = member_text(source, "confidence"),
                 .framing = member_text(source, "framing"), .message = member_text(source, "message"),
                 .remedy = member_text(source, "remedy"), .file = member_text(source, "file"), .source = source, .on = true};
  into->tier = tier_of(member_text(source, "severity"));
  const Json *languages = json_member(source, "languages");
  for (size_t i = 0; languages && i < languages->len; i++) {
    LanguageId id = language_of(json_text(&languages->items[i]));
    if (id < LANGUAGES) into->languages |= (uint8_t)(1u << id);
  }
  if (into->id.len == 0 || into->tier == TIERS || into->languages == 0) {
    fail("%.*s: rule %.*s: id, severity or languages are missing", (int)into->file.len, into->file.at, (int)into->id.len, into->id.at);
  }
}

void rules_load(void) {
  int fd = open(BUNDLE "/rules/compiled.bin", O_RDONLY);
  Buf bytes = {0};
  if (fd < 0 || !read_whole(fd, &bytes, MAX_RULES_BYTES)) fail("rules/compiled.bin of the bundle cannot be read: %s", strerror(errno));
  close(fd);
  compiled_bytes = buf_done(&bytes);
  JsonError error = json_read(compiled_bytes, &compiled);
  if (error.why) fail("rules/compiled.bin: %s at line %zu, column %zu", error.why, error.line, error.column);
  const Json *rules = json_member(&compiled, "rules");
  if (!rules || rules->kind != J_ARRAY) fail("rules/compiled.bin has no rules");
  RULES = take(rules->len, sizeof *RULES);
  for (size_t i = 0; i < rules->len; i++) read_rule(&rules->items[i], &RULES[RULE_COUNT++]);
  atexit(say_where);
}

void rules_choose(const Text *patterns, size_t count, Tier least) {
  for (uint32_t i = 0; i < RULE_COUNT; i++) {
    bool chosen = count == 0;
    for (size_t p = 0; p < count && !chosen; p++) chosen = glob_match(patterns[p], RULES[i].id) || glob_match(patterns[p], RULES[i].framing);
    RULES[i].on = RULES[i].on && chosen && RULES[i].tier >= least;
  }
}

uint32_t rule_of(Text id) {
  uint32_t i = 0;
  while (i < RULE_COUNT && !text_equal(RULES[i].id, id)) i++;
  return i;
}

uint32_t name_hash(Text name) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < name.len; i++) hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
  return hash ^ hash >> 15;
}

static void add_link(Link **list, Entry *entry) {
  Link *link = take(1, sizeof *link);
  *link = (Link){entry, *list};
  *list = link;
}

static void index_entry(Table *table, Entry *entry) {
  Text *names;
  Short *it = entry->it;
  size_t count = short_last_names(it, &names);
  Text key = it->item_count ? it->items[0].selector.keyword : text_of("");
  if (it->form == S_LITERAL && !it->items[0].key_regex && key.len) {
    names = &key;
    count = 1;
  } else if (it->form == S_LITERAL || it->form == S_PARAM_MARKED || it->form == S_PARAM_OF) {
    count = 0;
  }
  for (size_t i = 0; i < count; i++) add_link(&table->by_name[name_hash(names[i]) % 512], entry);
  if (count == 0) add_link(&table->any[it->form], entry);
}

static Entry *entry_of(Table *table, Text spelling, LanguageId id) {
  for (Entry *it = table->entries; it; it = it->next) {
    if (text_equal(it->spelling, spelling)) return it;
  }
  char why[200];
  Short *read = short_read(spelling, id, why, sizeof why);
  if (!read) fail("%s: %.*s: %s", where, (int)(spelling.len > 200 ? 200 : spelling.len), spelling.at, why);
  Entry *entry = take(1, sizeof *entry);
  *entry = (Entry){.it = read, .spelling = spelling, .next = table->entries};
  table->entries = entry;
  index_entry(table, entry);
  return entry;
}

static void add_query(Table *table, Text source, uint32_t rule, Use use, LanguageId id) {
  char why[200];
  table->queries = grow(table->queries, table->query_count + 1, sizeof *table->queries);
  Query *query = query_read(source, language(id), why, sizeof why);
  if (!query) fail("%s: %s", where, why);
  table->queries[table->query_count++] = (QueryUse){query, rule, use};
}

// Items are {"p": pattern, "line": n} or {"query": text, "line": n}.
static void add_all(Table *table, const Json *items, const Mask *rules, uint32_t rule, Use use, LanguageId id, Text file, Text name) {
  for (size_t i = 0; items && i < items->len; i++) {
    const Json *line = json_member(&items->items[i], "line");
    snprintf(where, sizeof where, "%.*s:%d: rule %.*s, %s", (int)file.len, file.at, line ? (int)line->number : 0, (int)name.len, name.at, USE_NAMES[use]);
    Text query = member_text(&items->items[i], "query");
    if (query.len) {
      add_query(table, query, rule, use, id);
      continue;
    }
    Entry *entry = entry_of(table, member_text(&items->items[i], "p"), id);
    mask_add(&entry->use[use], rules);
    entry->uses |= (uint8_t)(1u << use);
    if (entry->it->moves && use == U_SINK) fail("%s: a sink moves nothing: ->", where);
  }
}

static void add_rule(Table *table, uint32_t number, LanguageId id) {
  Rule *rule = &RULES[number];
  if (table->rule_count == MASK_RULES) fail("more than %d rules for one language", MASK_RULES);
  uint32_t at = table->rule_count++;
  table->rules = grow(table->rules, table->rule_count, sizeof *table->rules);
  table->rules[at] = number;
  Mask mask = {0};
  mask_set(&mask, at);
  add_all(table, json_member(rule->source, "patterns"), &mask, at, U_FINDING, id, rule->file, rule->id);
  add_all(table, json_member(rule->source, "query"), &mask, at, U_FINDING, id, rule->file, rule->id);
  const Json *taint = json_member(rule->source, "taint");
  for (int use = U_SOURCE; use < USES; use++) {
    add_all(table, json_member(taint, USE_NAMES[use]), &mask, at, (Use)use, id, rule->file, rule->id);
  }
}

Table *rules_table(LanguageId id) {
  static Table *tables[LANGUAGES];
  if (tables[id]) return tables[id]->rule_count ? tables[id] : NULL;
  Table *table = tables[id] = take(1, sizeof *table);
  *table = (Table){.everything = mask_all()};
  for (uint32_t i = 0; i < RULE_COUNT; i++) {
    if (RULES[i].on && RULES[i].languages >> id & 1) add_rule(table, i, id);
  }
  const Json *defaults = json_member(json_member(&compiled, "defaults"), language_name(id));
  Text file = text_of("rules/defaults.yaml"), name = text_of("defaults");
  add_all(table, json_member(defaults, "sanitizers"), &table->everything, 0, U_SANITIZER, id, file, name);
  add_all(table, json_member(defaults, "propagators"), &table->everything, 0, U_PROPAGATOR, id, file, name);
  where[0] = 0;
  return table->rule_count ? table : NULL;
}

Text rules_digest(void) {
  Digest digest;
  digest_start(&digest, SHA256);
  digest_add(&digest, compiled_bytes.at, compiled_bytes.len);
  for (uint32_t i = 0; i < RULE_COUNT; i++) {
    char state[2] = {RULES[i].on ? '1' : '0', (char)('0' + RULES[i].tier)};
    digest_add(&digest, state, 2);
  }
  uint8_t bytes[32];
  digest_end(&digest, bytes);
  Buf hex = {0};
  for (int i = 0; i < 32; i++) buf_format(&hex, "%02x", bytes[i]);
  return buf_done(&hex);
}
