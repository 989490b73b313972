// JSON: a bounded reader into a tree and a writer. RFC 8259; members keep their order, numbers their spelling.
#pragma once
#include "base.h"

#define JSON_MAX_DEPTH 256

typedef enum { J_NULL, J_FALSE, J_TRUE, J_NUMBER, J_STRING, J_ARRAY, J_OBJECT } JsonKind;

typedef struct Json Json;
typedef struct Member Member;

struct Json {
  JsonKind kind;
  // Bytes of a string or of a number's spelling (0 = computed: write `number`), items of an array, members of an object.
  size_t len;
  double number;
  union {
    const char *text;
    Json *items;
    Member *members;
  };
};

struct Member {
  Text name;
  Json value;
};

typedef struct {
  const char *why;  // NULL = well-formed
  size_t at, line, column;
} JsonError;

// Strings without escapes point into `source`, which must outlive the tree.
JsonError json_read(Text source, Json *into);

// The member of that name (the last, if there are several), or NULL; NULL too if `object` is none.
const Json *json_member(const Json *object, const char *name);
const Json *json_member_text(const Json *object, Text name);

Json json_null(void);
Json json_bool(bool value);
Json json_number(double value);
Json json_string(Text value);
Text json_text(const Json *string);

// Structural equality; numbers by value.
bool json_equal(const Json *a, const Json *b);
// Total order: null < false < true < numbers < strings < arrays < objects.
int json_order(const Json *a, const Json *b);

// `indent` 0 = no white space. With `sorted`, members by the bytes of their names.
void json_write(Buf *out, const Json *value, int indent, bool sorted);
// Any bytes as a JSON string: ill-formed UTF-8 becomes U+FFFD.
void json_write_string(Buf *out, Text text);
// Shortest spelling that reads back as the same number.
void json_write_number(Buf *out, double value);
