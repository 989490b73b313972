// What the tools answer, and the files that a scan leaves in .lyrik.
#pragma once
#include "run.h"

// The tool's JSON; a `diff` lists only what is new.
void write_result(Buf *out, Result *result, const Scan *scan, bool diff);
// findings.json, findings.sarif, report.html and the cache; what cannot be written is said in the result.
void write_files(Result *result, const Scan *scan);
void write_rule(Buf *out, uint32_t rule);
void write_rules(Buf *out, LanguageId only);

// report_sarif.c, report_html.c
void write_sarif(Buf *out, const Result *result, const Scan *scan);
void write_html(Buf *out, const Result *result, const char *when);
