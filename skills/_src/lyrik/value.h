// What is known of an expression.
#pragma once
#include "../common/base.h"
#include "mask.h"

// What an expression stands for: a chain of segments, last one first.
typedef struct Path Path;
struct Path {
  const Path *base;  // NULL at the first segment
  Text name;
  uint16_t depth;
  bool call;     // the result of calling it
  bool unknown;  // the first segment is a name that nothing in the file explains
};

typedef enum { C_NONE, C_TEXT, C_NUMBER, C_TRUE, C_FALSE, C_NULL } ConstKind;

typedef struct Step Step;
struct Step {
  const Step *before;
  const char *what;
  uint32_t node;
};

// Taint of some rules with one origin; `origin` < 0 is a source, otherwise function × 16 + parameter.
typedef struct Taint Taint;
struct Taint {
  Mask mask;
  const Step *steps;
  Taint *next;
  int32_t origin;
};

typedef struct {
  const Path *path, *other;
  Taint *taint;
  Text text;  // of C_TEXT
  double number;
  uint32_t literal;   // node of an object, dict or struct literal that it is
  int32_t function;   // index and 1 of a function of this file, or 0
  uint8_t constant;   // ConstKind
  bool built;         // a text put together from parts of which some are not constant
  bool textual;       // known to be a text
} Value;
