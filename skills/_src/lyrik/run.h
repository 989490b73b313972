// A scan from its arguments and .lyrik/config.json to its result.
#pragma once
#include "finding.h"

typedef struct {
  Tier least, fail_on;
  bool has_baseline, cache, configured;
  uint64_t ignored, not_regular, unreadable;
} Scan;

// The result lasts until the process ends.
Result *run_scan(const Json *args, Scan *into);
