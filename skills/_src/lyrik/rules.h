// The rules: read once from the bundle, made ready by language at its first file.
#pragma once
#include "../common/json.h"
#include "query.h"
#include "short.h"

typedef enum { T_INFO, T_LOW, T_MEDIUM, T_HIGH, T_CRITICAL, TIERS } Tier;

typedef struct {
  Text id, title, cwe, owasp, confidence, framing, message, remedy, file;
  const Json *source;
  Tier tier;
  bool on;
  uint8_t languages;  // bit by LanguageId
} Rule;

typedef enum { U_FINDING, U_SOURCE, U_SINK, U_SANITIZER, U_PROPAGATOR, USES } Use;

// One pattern with the rules that use it, by use.
typedef struct Entry Entry;
struct Entry {
  Short *it;
  Text spelling;
  Mask use[USES];
  uint8_t uses;  // bit by Use
  Entry *next;   // of all
};

typedef struct Link Link;
struct Link {
  Entry *entry;
  Link *next;
};

typedef struct {
  Query *query;
  uint32_t rule;  // of the language
  Use use;
} QueryUse;

// What one language's files are held against.
typedef struct {
  uint32_t *rules;  // number in the language → number in all
  uint32_t rule_count;
  Entry *entries;
  Link *by_name[512];
  Link *any[8];  // by ShortForm
  QueryUse *queries;
  uint32_t query_count;
  Mask everything;
} Table;

extern Rule *RULES;
extern uint32_t RULE_COUNT;
extern const char *const TIER_NAMES[TIERS];

void rules_load(void);
// Turns on those whose id or framing `patterns` (globs) match, at or above `least`.
void rules_choose(const Text *patterns, size_t count, Tier least);
// Rule number, or RULE_COUNT.
uint32_t rule_of(Text id);
Tier tier_of(Text name);
// NULL when no rule that is on is for it.
Table *rules_table(LanguageId id);
uint32_t name_hash(Text name);
// SHA-256 in hex of the rules and of which are on, as which tier.
Text rules_digest(void);
