// What the parts of the flow analysis share.
#pragma once
#include "arena.h"
#include "flow.h"

// Not inlined: a walk by recursion needs small frames, and an engine's first tier gives every local variable a place in them.
#define APART __attribute__((noinline))

#define MAX_EVAL_DEPTH 130
#define MAX_ARGS 24
#define MAX_PARAMETERS 16
#define MAX_NESTED_CALLS 6
#define MAX_HITS 2000

typedef struct SinkRecord SinkRecord;
// A parameter of a function reaches a sink inside of it.
struct SinkRecord {
  SinkRecord *next;
  Mask mask;
  const Step *steps;
  uint32_t node;
  uint8_t parameter;
};

typedef struct {
  uint32_t node, parameters, body;
  uint32_t level;   // scopes that are open around it
  uint8_t state;    // 0 = not looked at, 1 = in it, 2 = done
  bool method;
  Taint *returns;
  SinkRecord *sinks;
  uint32_t sink_count;
  const Taint *callback;  // what its caller gives it
} Function;

typedef struct {
  uint32_t node;
  Text keyword;
  Value value;
} Arg;

typedef struct {
  Arg *args;
  uint32_t count;
  Value receiver;
  uint32_t receiver_node;
} Call;

typedef struct Mark Mark;
struct Mark {
  Mark *next;
  uint32_t node;
  Mask mask;
  Use use;
};

typedef struct {
  const Ast *ast;
  Table *table;
  LanguageId id;
  Function *functions;
  uint32_t function_count, function_room;
  uint32_t current;  // function and 1, or 0
  uint16_t branch;
  uint32_t depth, nested, quiet;
  // Heights of the names at which the open scopes began.
  uint32_t levels[MAX_EVAL_DEPTH * 2 + 8];
  uint32_t level_count;
  const Path *declared;  // type of the declaration around
  Mark *marks[256];
  bool any_marks;
  // Paths of nodes that a query of the finding kind may ask about.
  const Path **paths;
  uint8_t *constants;
  Hit *hits;
  uint32_t hit_count, hit_room;
  bool too_deep;
} Flow;

extern Flow flow;

void eval(uint32_t node, Value *out);
void eval_quiet(uint32_t node, Value *out);
void open_scope(void);
// Drops the names that were made since.
void close_scope(void);

// flow_value.c
const Path *path_of(Text name, bool unknown);
const Path *path_dotted(Text dotted, const Path *base);
const Path *path_member(const Path *base, Text name);
const Path *path_call(const Path *base);
void taint_add(Taint **into, const Taint *from);
Taint *taint_without(Taint *taint, const Mask *clean);
Taint *taint_stepped(const Taint *taint, const char *what, uint32_t node);
Taint *taint_source(const Mask *mask, uint32_t node);
void value_join(Value *into, const Value *other);
bool literal_member(uint32_t literal, Text key, Value *out, uint32_t *node);
Text key_text(uint32_t node);
void string_value(uint32_t node, Value *out);
void number_value(uint32_t node, Value *out);

// flow_match.c
void report(uint32_t rule, uint32_t node, uint32_t end_node, const Step *steps, const Step *inner, const char *last);
void report_all(const Mask *mask, uint32_t node, uint32_t end_node);
void reach_sink(const Taint *taint, const Mask *sinks, uint32_t node);
void match_read(uint32_t node, Value *value);
void match_assign(const Path *path, uint32_t target, const Value *value);
void match_literal(uint32_t node, const Path *type, const Call *keywords);
void match_call(ShortForm form, const Value *callee, uint32_t node, uint32_t name_node, Call *call, Value *out);
void match_parameter(uint32_t function, uint32_t parameter, Text name, Value *value);
void match_marks(uint32_t node, Value *value);
void match_queries(void);

// flow_bind.c
void bind_name(Text name, const Value *value);
void assign_to(uint32_t target, Value *value, bool fresh);
void hoist(uint32_t block);
void finish_functions(uint32_t from);
uint32_t function_of(uint32_t node, bool method);
void analyse(uint32_t function);
void import_names(uint32_t node);
const Path *type_path(uint32_t node);
uint32_t declared_name(uint32_t node);
// The name that a declarator or pattern wraps.
uint32_t unwrapped(uint32_t node);
void eval_class(uint32_t node, Value *out);
