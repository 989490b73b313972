#include "report.h"

static const char HEAD[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    "<title>Lyrik report</title><style>"
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "h2{margin-top:2rem;border-bottom:2px solid}details{border:1px solid #8886;border-radius:.4rem;margin:.5rem 0;padding:.4rem .8rem}"
    "summary{cursor:pointer;font-weight:600}code,pre{font:13px/1.5 ui-monospace,monospace}pre{overflow:auto;background:#8882;padding:.5rem}"
    ".place{font-weight:400;opacity:.8}.CRITICAL{color:#c2185b}.HIGH{color:#d84315}.MEDIUM{color:#a86f00}.LOW{color:#00838f}.INFO{color:#607d8b}"
    "</style></head><body>\n<h1>Lyrik report</h1>\n";

static void escaped(Buf *out, Text text) {
  for (size_t i = 0; i < text.len; ) {
    size_t step = utf8_step((Text){text.at + i, text.len - i});
    unsigned char c = (unsigned char)text.at[i];
    if (step == 0) {
      buf_str(out, "\xef\xbf\xbd");
      i++;
      continue;
    }
    switch (c) {
      case '<': buf_str(out, "&lt;"); break;
      case '>': buf_str(out, "&gt;"); break;
      case '&': buf_str(out, "&amp;"); break;
      case '"': buf_str(out, "&quot;"); break;
      case '\'': buf_str(out, "&#39;"); break;
      default:
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
          buf_char(out, ' ');
        } else {
          buf_bytes(out, text.at + i, step);
        }
    }
    i += step;
  }
}

static void finding(Buf *out, const Finding *it) {
  const Rule *rule = &RULES[it->rule];
  buf_str(out, "<details><summary>");
  escaped(out, rule->title);
  buf_str(out, " <span class=\"place\"><code>");
  escaped(out, it->file);
  buf_format(out, ":%u</code>%s</span></summary>\n<pre>", it->line, it->known ? " (known)" : "");
  escaped(out, it->snippet);
  buf_str(out, "</pre>\n<p>");
  escaped(out, rule->message);
  buf_str(out, "</p>\n");
  if (it->step_count) {
    buf_str(out, "<ol>\n");
    for (uint32_t i = 0; i < it->step_count; i++) {
      buf_format(out, "<li>line %u: ", it->steps[i].line);
      escaped(out, it->steps[i].what);
      buf_str(out, " <code>");
      escaped(out, it->steps[i].snippet);
      buf_str(out, "</code></li>\n");
    }
    buf_str(out, "</ol>\n");
  }
  buf_str(out, "<p><strong>Remedy:</strong> ");
  escaped(out, rule->remedy);
  buf_str(out, "</p>\n<p><code>");
  escaped(out, rule->id);
  buf_str(out, "</code> · ");
  escaped(out, rule->cwe);
  buf_str(out, " · OWASP ");
  escaped(out, rule->owasp);
  buf_str(out, " · confidence ");
  escaped(out, rule->confidence);
  buf_str(out, "</p></details>\n");
}

void write_html(Buf *out, const Result *result, const char *when) {
  buf_str(out, HEAD);
  buf_format(out, "<p>%zu findings in %llu files, %s</p>\n", result->count, (unsigned long long)result->files, when);
  int tier = TIERS;
  for (size_t i = 0; i < result->count; i++) {
    if ((int)RULES[result->findings[i].rule].tier != tier) {
      tier = (int)RULES[result->findings[i].rule].tier;
      buf_format(out, "<h2 class=\"%s\">%s</h2>\n", TIER_NAMES[tier], TIER_NAMES[tier]);
    }
    finding(out, &result->findings[i]);
  }
  if (result->note_count) buf_str(out, "<h2>Not or not wholly read</h2>\n<ul>\n");
  for (size_t i = 0; i < result->note_count; i++) {
    buf_str(out, "<li><code>");
    escaped(out, result->notes[i].file);
    buf_format(out, "</code>: %s</li>\n", result->notes[i].why);
  }
  if (result->note_count) buf_str(out, "</ul>\n");
  buf_str(out, "</body></html>\n");
}
