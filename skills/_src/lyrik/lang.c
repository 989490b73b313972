#include "lang.h"

#include <stdlib.h>
#include <string.h>

const TSLanguage *tree_sitter_javascript(void);
const TSLanguage *tree_sitter_typescript(void);
const TSLanguage *tree_sitter_tsx(void);
const TSLanguage *tree_sitter_python(void);
const TSLanguage *tree_sitter_go(void);
const TSLanguage *tree_sitter_java(void);
const TSLanguage *tree_sitter_c(void);
const TSLanguage *tree_sitter_rust(void);

static const char *const NAMES[LANGUAGES] = {"javascript", "typescript", "tsx", "python", "go", "java", "c", "rust"};

static const TSLanguage *(*const GRAMMARS[LANGUAGES])(void) = {
    tree_sitter_javascript, tree_sitter_typescript, tree_sitter_tsx, tree_sitter_python,
    tree_sitter_go,         tree_sitter_java,       tree_sitter_c,   tree_sitter_rust,
};

static const struct {
  const char *extension;
  LanguageId id;
} EXTENSIONS[] = {
    {"js", L_JAVASCRIPT}, {"mjs", L_JAVASCRIPT}, {"cjs", L_JAVASCRIPT}, {"jsx", L_JAVASCRIPT}, {"ts", L_TYPESCRIPT},
    {"mts", L_TYPESCRIPT}, {"cts", L_TYPESCRIPT}, {"tsx", L_TSX}, {"py", L_PYTHON}, {"pyw", L_PYTHON}, {"go", L_GO},
    {"java", L_JAVA}, {"c", L_C}, {"h", L_C}, {"rs", L_RUST},
};

static const char *const FIELD_NAMES[F_KNOWN] = {
    "", "function", "arguments", "object", "property", "index", "left", "right", "name", "value", "body", "condition",
    "consequence", "alternative", "operator", "argument", "type", "pattern", "parameters", "parameter", "key", "constructor",
    "attribute", "subscript", "operand", "field", "array", "declarator", "path", "alias", "source", "module_name", "macro",
    "superclasses", "definition", "package", "list", "receiver", "initializer", "designator",
};

// Sorted by name at the first use. A kind means the same in every grammar that has it, but for those told apart in `special`.
typedef struct {
  const char *kind;
  uint8_t role;
} KindRole;

static KindRole KINDS[] = {
    {"identifier", R_IDENT}, {"shorthand_property_identifier", R_IDENT}, {"this", R_IDENT}, {"self", R_IDENT}, {"super", R_IDENT}, {"package_identifier", R_IDENT},
    {"field_identifier", R_SKIP}, {"property_identifier", R_SKIP}, {"private_property_identifier", R_SKIP},
    {"comment", R_COMMENT}, {"line_comment", R_COMMENT}, {"block_comment", R_COMMENT}, {"hash_bang_line", R_COMMENT},
    {"type_annotation", R_SKIP}, {"type_arguments", R_SKIP}, {"type_parameters", R_SKIP}, {"interface_declaration", R_EACH},
    {"type_alias_declaration", R_SKIP}, {"marker_annotation", R_SKIP}, {"annotation", R_SKIP}, {"attribute_item", R_SKIP},
    {"inner_attribute_item", R_SKIP}, {"package_declaration", R_SKIP}, {"package_clause", R_SKIP}, {"label_name", R_SKIP},
    {"statement_identifier", R_SKIP}, {"superclass", R_SKIP}, {"super_interfaces", R_SKIP}, {"modifiers", R_SKIP},
    {"type_identifier", R_SKIP}, {"primitive_type", R_SKIP}, {"class_literal", R_SKIP}, {"regex", R_SKIP},
    {"expression_statement", R_PASS}, {"parenthesized_expression", R_PASS}, {"await_expression", R_PASS}, {"await", R_PASS},
    {"non_null_expression", R_PASS}, {"reference_expression", R_PASS}, {"try_expression", R_PASS}, {"spread_element", R_PASS},
    {"as_expression", R_PASS}, {"satisfies_expression", R_PASS}, {"instantiation_expression", R_PASS}, {"interpolation", R_PASS},
    {"template_substitution", R_PASS}, {"literal_element", R_PASS}, {"list_splat", R_PASS}, {"dictionary_splat", R_PASS},
    {"field_expression", R_MEMBER}, {"else_clause", R_PASS}, {"jsx_expression", R_PASS}, {"unsafe_block", R_PASS},
    {"generic_function", R_PASS}, {"mut_pattern", R_PASS}, {"yield_expression", R_PASS}, {"computed_property_name", R_PASS},
    {"cast_expression", R_CAST}, {"type_cast_expression", R_CAST}, {"type_assertion", R_PASS}, {"type_assertion_expression", R_CAST},
    {"type_conversion_expression", R_CAST}, {"pointer_expression", R_CAST}, {"slice_expression", R_CAST},
    {"member_expression", R_MEMBER}, {"attribute", R_MEMBER}, {"selector_expression", R_MEMBER}, {"field_access", R_MEMBER},
    {"scoped_identifier", R_MEMBER}, {"scoped_type_identifier", R_MEMBER}, {"qualified_type", R_MEMBER},
    {"subscript_expression", R_INDEX}, {"subscript", R_INDEX}, {"index_expression", R_INDEX}, {"array_access", R_INDEX},
    {"call_expression", R_CALL}, {"call", R_CALL}, {"method_invocation", R_CALL}, {"new_expression", R_NEW},
    {"object_creation_expression", R_NEW}, {"macro_invocation", R_MACRO}, {"assignment_expression", R_ASSIGN},
    {"assignment", R_ASSIGN}, {"assignment_statement", R_ASSIGN}, {"short_var_declaration", R_ASSIGN}, {"range_clause", R_ASSIGN},
    {"augmented_assignment_expression", R_AUGMENT}, {"augmented_assignment", R_AUGMENT}, {"compound_assignment_expr", R_AUGMENT},
    {"variable_declarator", R_DECLARE}, {"init_declarator", R_DECLARE}, {"let_declaration", R_DECLARE}, {"var_spec", R_DECLARE},
    {"const_spec", R_DECLARE}, {"const_item", R_DECLARE}, {"static_item", R_DECLARE}, {"named_expression", R_DECLARE},
    {"resource", R_DECLARE}, {"let_condition", R_DECLARE}, {"public_field_definition", R_DECLARE}, {"field_definition", R_DECLARE},
    {"binary_expression", R_BINARY}, {"binary_operator", R_BINARY}, {"comparison_operator", R_COMPARE}, {"not_operator", R_COMPARE},
    {"instanceof_expression", R_COMPARE}, {"sizeof_expression", R_COMPARE}, {"boolean_operator", R_EITHER},
    {"ternary_expression", R_TERNARY}, {"conditional_expression", R_TERNARY}, {"template_string", R_TEMPLATE},
    {"string", R_STRING}, {"string_literal", R_STRING}, {"raw_string_literal", R_STRING}, {"interpreted_string_literal", R_STRING},
    {"concatenated_string", R_TEMPLATE}, {"char_literal", R_STRING}, {"character_literal", R_STRING}, {"rune_literal", R_STRING},
    {"number", R_NUMBER}, {"integer", R_NUMBER}, {"float", R_NUMBER}, {"int_literal", R_NUMBER}, {"float_literal", R_NUMBER},
    {"decimal_integer_literal", R_NUMBER}, {"hex_integer_literal", R_NUMBER}, {"octal_integer_literal", R_NUMBER},
    {"decimal_floating_point_literal", R_NUMBER}, {"number_literal", R_NUMBER}, {"integer_literal", R_NUMBER},
    {"true", R_TRUE}, {"false", R_FALSE}, {"null", R_NULL}, {"none", R_NULL}, {"nil", R_NULL}, {"null_literal", R_NULL},
    {"undefined", R_NULL}, {"object", R_OBJECT}, {"dictionary", R_OBJECT}, {"composite_literal", R_OBJECT},
    {"struct_expression", R_OBJECT}, {"initializer_list", R_OBJECT}, {"literal_value", R_OBJECT}, {"array", R_LIST}, {"list", R_LIST},
    {"tuple", R_LIST}, {"set", R_LIST}, {"array_expression", R_LIST}, {"tuple_expression", R_LIST}, {"array_initializer", R_LIST},
    {"expression_list", R_LIST}, {"array_creation_expression", R_LIST}, {"arrow_function", R_FUNCTION},
    {"function_expression", R_FUNCTION}, {"function_declaration", R_FUNCTION}, {"generator_function", R_FUNCTION},
    {"generator_function_declaration", R_FUNCTION}, {"method_definition", R_FUNCTION}, {"lambda", R_FUNCTION},
    {"function_definition", R_FUNCTION}, {"func_literal", R_FUNCTION}, {"method_declaration", R_FUNCTION},
    {"constructor_declaration", R_FUNCTION}, {"lambda_expression", R_FUNCTION}, {"function_item", R_FUNCTION},
    {"closure_expression", R_FUNCTION}, {"class_declaration", R_CLASS}, {"class", R_CLASS}, {"class_definition", R_CLASS},
    {"abstract_class_declaration", R_CLASS}, {"impl_item", R_CLASS}, {"enum_declaration", R_CLASS}, {"record_declaration", R_CLASS},
    {"return_statement", R_RETURN}, {"return_expression", R_RETURN}, {"if_statement", R_BRANCH}, {"if_expression", R_BRANCH},
    {"elif_clause", R_BRANCH}, {"switch_statement", R_BRANCH}, {"expression_switch_statement", R_BRANCH}, {"switch_expression", R_BRANCH},
    {"type_switch_statement", R_BRANCH}, {"match_expression", R_BRANCH}, {"match_statement", R_BRANCH}, {"while_statement", R_BRANCH},
    {"do_statement", R_BRANCH}, {"for_expression", R_FOREACH}, {"while_expression", R_BRANCH}, {"loop_expression", R_BRANCH},
    {"for_in_statement", R_FOREACH}, {"for_statement", R_FOREACH}, {"enhanced_for_statement", R_FOREACH},
    {"try_statement", R_BRANCH}, {"try_with_resources_statement", R_BRANCH}, {"program", R_BLOCK}, {"module", R_BLOCK},
    {"source_file", R_BLOCK}, {"translation_unit", R_BLOCK}, {"statement_block", R_BLOCK}, {"block", R_BLOCK},
    {"compound_statement", R_BLOCK}, {"constructor_body", R_BLOCK}, {"import_statement", R_IMPORT}, {"import_from_statement", R_IMPORT},
    {"import_spec", R_IMPORT}, {"import_declaration", R_IMPORT}, {"use_declaration", R_IMPORT}, {"unary_expression", R_UNARY},
    {"unary_operator", R_UNARY}, {"with_item", R_WITH}, {"list_comprehension", R_COMPREHEND}, {"set_comprehension", R_COMPREHEND},
    {"generator_expression", R_COMPREHEND}, {"dictionary_comprehension", R_COMPREHEND}, {"local_variable_declaration", R_FIELDS},
    {"field_declaration", R_FIELDS}, {"declaration", R_FIELDS}, {"decorated_definition", R_DECORATED}, {"boolean_literal", R_TRUE},
    {"preproc_include", R_SKIP}, {"preproc_def", R_SKIP}, {"preproc_function_def", R_SKIP}, {"preproc_call", R_SKIP},
    {"field_declaration_list", R_SKIP}, {"struct_item", R_SKIP}, {"enum_item", R_SKIP}, {"type_declaration", R_SKIP},
    {"struct_specifier", R_SKIP}, {"union_specifier", R_SKIP}, {"enum_specifier", R_SKIP}, {"type_definition", R_SKIP},
};

static Language made[LANGUAGES];
static Text *field_names;
static uint16_t field_count;

static int by_kind(const void *a, const void *b) { return strcmp(((const KindRole *)a)->kind, ((const KindRole *)b)->kind); }

static Role role_of(LanguageId id, const char *kind) {
  // Kinds that mean something else in this grammar.
  if (id == L_GO && strcmp(kind, "import_declaration") == 0) return R_EACH;
  if (id == L_GO && strcmp(kind, "field_declaration") == 0) return R_SKIP;
  if ((id == L_C || id == L_RUST) && strcmp(kind, "field_declaration") == 0) return R_SKIP;
  if (id == L_RUST && strcmp(kind, "attribute") == 0) return R_SKIP;
  if (id == L_PYTHON && strcmp(kind, "type") == 0) return R_SKIP;
  if (id == L_JAVA && strcmp(kind, "switch_block") == 0) return R_EACH;
  if (id <= L_TSX && strcmp(kind, "array_pattern") == 0) return R_SKIP;
  KindRole wanted = {kind, 0};
  const KindRole *found = bsearch(&wanted, KINDS, sizeof KINDS / sizeof *KINDS, sizeof *KINDS, by_kind);
  return found ? found->role : R_EACH;
}

Language *language(LanguageId id) {
  static bool sorted;
  Language *it = &made[id];
  if (it->grammar) return it;
  if (!sorted) qsort(KINDS, sizeof KINDS / sizeof *KINDS, sizeof *KINDS, by_kind);
  sorted = true;
  *it = (Language){.name = NAMES[id], .id = id, .grammar = GRAMMARS[id]()};
  it->symbols = ts_language_symbol_count(it->grammar);
  it->roles = take(it->symbols, 1);
  for (uint32_t i = 0; i < it->symbols; i++) {
    bool named = ts_language_symbol_type(it->grammar, (TSSymbol)i) == TSSymbolTypeRegular;
    it->roles[i] = named ? role_of(id, ts_language_symbol_name(it->grammar, (TSSymbol)i)) : R_EACH;
  }
  uint32_t fields = ts_language_field_count(it->grammar);
  it->fields = take(fields + 1, sizeof *it->fields);
  it->fields[0] = F_NONE;
  for (uint32_t i = 1; i <= fields; i++) it->fields[i] = field_number(text_of(ts_language_field_name_for_id(it->grammar, (TSFieldId)i)));
  return it;
}

const char *language_name(LanguageId id) { return NAMES[id]; }

LanguageId language_of(Text name) {
  int id = 0;
  while (id < LANGUAGES && !text_is(name, NAMES[id])) id++;
  return (LanguageId)id;
}

LanguageId language_of_file(Text path) {
  size_t dot = path.len;
  while (dot > 0 && path.at[dot - 1] != '.' && path.at[dot - 1] != '/') dot--;
  if (dot == 0 || path.at[dot - 1] != '.') return LANGUAGES;
  Text extension = {path.at + dot, path.len - dot};
  for (size_t i = 0; i < sizeof EXTENSIONS / sizeof *EXTENSIONS; i++) {
    if (text_is(extension, EXTENSIONS[i].extension)) return EXTENSIONS[i].id;
  }
  return LANGUAGES;
}

uint16_t field_number(Text name) {
  if (field_count == 0) {
    field_names = take(512, sizeof *field_names);
    for (; field_count < F_KNOWN; field_count++) field_names[field_count] = text_of(FIELD_NAMES[field_count]);
  }
  for (uint16_t i = 0; i < field_count; i++) {
    if (text_equal(field_names[i], name)) return i;
  }
  if (field_count == 512) fail("too many field names");
  field_names[field_count] = text_of(text_zero(name));
  return field_count++;
}
