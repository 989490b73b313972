// Short patterns: paths, calls with conditions, assignments, literals, parameters. See RULES.md.
#pragma once
#include "../text-tools/pattern.h"
#include "lang.h"
#include "value.h"

typedef enum { S_READ, S_CALL, S_NEW, S_ASSIGN, S_LITERAL, S_PARAM, S_PARAM_MARKED, S_PARAM_OF } ShortForm;

typedef struct {
  Text *names;  // alternatives; none = any one
  uint32_t name_count;
  Pattern *regex;
  bool call, any_number;
} Segment;

typedef enum {
  K_TEXT, K_NUMBER, K_TRUE, K_FALSE, K_NULL, K_LESS, K_LESS_EQUAL, K_MORE, K_MORE_EQUAL, K_REGEX, K_STRING, K_EMPTY, K_CONST,
  K_DYNAMIC, K_CONCAT, K_MISSING, K_PRESENT, K_PATH
} TestKind;

typedef struct PathPattern PathPattern;

typedef struct {
  TestKind kind;
  Text text;
  double number;
  Pattern *regex;
  PathPattern *path;
} Test;

typedef struct {
  Test *tests;
  uint32_t count;
  bool negated;
} Condition;

struct PathPattern {
  Segment *segments;
  uint32_t count;
  // Leading segments of a package that a name nothing explains may lack (Java).
  uint32_t package;
};

#define ARG_ALL -1
#define ARG_THIS -2
#define ARG_NAMED -3
#define ARG_RESULT -4

typedef struct {
  int16_t from;      // index, or one of ARG_…
  bool onwards;      // and all behind it
  Text keyword;      // or this keyword argument
  Text *keys;        // member of an object literal there
  uint32_t key_count;
} Selector;

typedef struct {
  Selector selector;
  bool has_condition;
  Condition condition;
  Pattern *key_regex;  // of an item of a literal
} Item;

typedef struct {
  ShortForm form;
  PathPattern path;
  Item *items;
  uint32_t item_count;
  bool has_path, has_condition;
  Condition condition;          // of an assignment
  int16_t count_test, count;    // TestKind and 1 of the number of arguments, or 0
  bool moves;                   // propagator with ->
  Selector target;
} Short;

// NULL and a message in `why` (at most `room` bytes) when it cannot be read.
Short *short_read(Text source, LanguageId language, char *why, size_t room);
bool path_matches(const PathPattern *pattern, const Path *path);
bool condition_holds(const Condition *condition, const Value *value, bool there);
// The name that a path must end in for the pattern; empty if it can be any of several.
size_t short_last_names(const Short *it, Text **names);
