// The languages: their grammars, file names, and what part each kind of node plays in the analysis.
#pragma once
#include <tree_sitter/api.h>

#include "../common/base.h"

typedef enum { L_JAVASCRIPT, L_TYPESCRIPT, L_TSX, L_PYTHON, L_GO, L_JAVA, L_C, L_RUST, LANGUAGES } LanguageId;

// Node kinds of all grammars by what they mean. R_EACH: children are looked at, and their taint is its own.
typedef enum {
  R_EACH, R_SKIP, R_COMMENT, R_IDENT, R_PASS, R_CAST, R_MEMBER, R_INDEX, R_CALL, R_NEW, R_ASSIGN, R_AUGMENT, R_DECLARE, R_BINARY,
  R_COMPARE, R_EITHER, R_TERNARY, R_TEMPLATE, R_STRING, R_NUMBER, R_TRUE, R_FALSE, R_NULL, R_OBJECT, R_LIST, R_FUNCTION,
  R_CLASS, R_RETURN, R_BRANCH, R_BLOCK, R_FOREACH, R_IMPORT, R_MACRO, R_UNARY, R_WITH, R_COMPREHEND, R_FIELDS, R_DECORATED
} Role;

// Field names that the analysis knows, in the order of FIELD_NAMES; other fields get numbers behind them.
typedef enum {
  F_NONE, F_FUNCTION, F_ARGUMENTS, F_OBJECT, F_PROPERTY, F_INDEX, F_LEFT, F_RIGHT, F_NAME, F_VALUE, F_BODY, F_CONDITION,
  F_CONSEQUENCE, F_ALTERNATIVE, F_OPERATOR, F_ARGUMENT, F_TYPE, F_PATTERN, F_PARAMETERS, F_PARAMETER, F_KEY, F_CONSTRUCTOR,
  F_ATTRIBUTE, F_SUBSCRIPT, F_OPERAND, F_FIELD, F_ARRAY, F_DECLARATOR, F_PATH, F_ALIAS, F_SOURCE, F_MODULE_NAME, F_MACRO,
  F_SUPERCLASSES, F_DEFINITION, F_PACKAGE, F_LIST, F_RECEIVER, F_INITIALIZER, F_DESIGNATOR, F_KNOWN
} FieldId;

typedef struct {
  const char *name;
  LanguageId id;
  const TSLanguage *grammar;
  // By symbol and by the grammar's field number.
  uint8_t *roles;
  uint16_t *fields;
  uint32_t symbols;
} Language;

// Grammar and tables are made at the first use.
Language *language(LanguageId id);
const char *language_name(LanguageId id);
// LANGUAGES if the name is none.
LanguageId language_of(Text name);
LanguageId language_of_file(Text path);
// The number of a field's name, the same for all languages; made if it is new.
uint16_t field_number(Text name);
