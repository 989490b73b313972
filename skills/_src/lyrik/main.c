// lyrik: static analysis of a workspace by rules.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/call.h"
#include "../common/walk.h"
#include "report.h"
#include "run.h"

static void scan(const Json *args, Buf *out) {
  Scan it;
  Result *result = run_scan(args, &it);
  write_files(result, &it);
  write_result(out, result, &it, false);
}

static void diff(const Json *args, Buf *out) {
  Scan it;
  if (!arg_has(args, "baseline")) fail("baseline is required: the findings.json of an earlier scan");
  Result *result = run_scan(args, &it);
  write_result(out, result, &it, true);
}

static void explain(const Json *args, Buf *out) {
  rules_load();
  Text id = arg_text(args, "rule", NULL);
  uint32_t rule = rule_of(id);
  if (rule == RULE_COUNT) {
    Buf name = {0};
    json_write_string(&name, id);
    buf_char(&name, 0);
    fail("there is no rule %.120s; the tool rules lists them", name.at);
  }
  write_rule(out, rule);
}

static void rules(const Json *args, Buf *out) {
  rules_load();
  LanguageId only = LANGUAGES;
  if (arg_has(args, "language")) {
    only = language_of(arg_text(args, "language", NULL));
    if (only == LANGUAGES) fail("language must be one of javascript, typescript, tsx, python, go, java, c, rust");
  }
  write_rules(out, only);
}

int main(int argc, char **argv) {
  static const ToolEntry tools[] = {{"scan", scan}, {"explain", explain}, {"rules", rules}, {"diff", diff}};
  return call_main(argc, argv, tools, sizeof tools / sizeof *tools);
}
