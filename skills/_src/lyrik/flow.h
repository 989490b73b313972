// One walk over a file's tree in the order of execution, as far as that can be told: what each expression stands for and which
// rules' taint it carries.
#pragma once
#include "ast.h"
#include "env.h"
#include "rules.h"

typedef struct {
  const char *what;
  uint32_t node;
} FlowStep;

#define FLOW_MAX_STEPS 12

typedef struct {
  uint32_t rule;  // of all
  uint32_t node;  // what is reported
  uint32_t end;   // byte where it ends
  FlowStep steps[FLOW_MAX_STEPS];
  uint32_t step_count;
} Hit;

typedef struct {
  Hit *hits;
  uint32_t count;
  bool too_deep;  // parts were left out
} Hits;

// Lasts until the next arena_reset.
Hits flow_run(const Ast *ast, Table *table);
