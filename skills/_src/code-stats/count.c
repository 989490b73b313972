#include "count.h"

#include <string.h>

enum { PLAIN, SPACE, NEWLINE, SPECIAL };

typedef struct {
  const Language *language;
  Text line[2], open, close;
  // What a byte means outside of strings and comments.
  unsigned char meaning[256];
} Syntax;

// Inside what the next byte stands.
typedef struct {
  int depth;       // of block comments
  Text end_quote;  // of a string that goes on over lines
} State;

static Syntax prepare(const Language *language) {
  Syntax syntax = {.language = language};
  syntax.meaning[' '] = syntax.meaning['\t'] = syntax.meaning['\r'] = syntax.meaning['\f'] = syntax.meaning['\v'] = SPACE;
  syntax.meaning['\n'] = NEWLINE;
  for (int i = 0; i < 2; i++) {
    if (!language->line[i]) continue;
    syntax.line[i] = text_of(language->line[i]);
    syntax.meaning[(unsigned char)language->line[i][0]] = SPECIAL;
  }
  if (language->open) {
    syntax.open = text_of(language->open);
    syntax.close = text_of(language->close);
    syntax.meaning[(unsigned char)language->open[0]] = SPECIAL;
  }
  for (const char *quote = language->quotes; *quote; quote++) syntax.meaning[(unsigned char)*quote] = SPECIAL;
  for (const char *quote = language->long_quotes; *quote; quote++) {
    syntax.meaning[(unsigned char)(*quote == '3' ? '"' : *quote == '4' ? '\'' : *quote)] = SPECIAL;
  }
  return syntax;
}

static bool starts(const char *at, const char *end, Text token) {
  return token.len > 0 && (size_t)(end - at) >= token.len && memcmp(at, token.at, token.len) == 0;
}

// Goes on to the end of the string or to `end`; behind the closing quote the state is outside again.
static const char *in_string(const char *at, const char *end, State *state) {
  for (; at < end; at++) {
    if (*at == '\\') {
      at++;
    } else if (*at == state->end_quote.at[0] && starts(at, end, state->end_quote)) {
      at += state->end_quote.len;
      state->end_quote.len = 0;
      return at;
    }
  }
  return end;
}

static const char *in_comment(const Syntax *syntax, const char *at, const char *end, State *state) {
  for (; at < end; at++) {
    if (*at == syntax->close.at[0] && starts(at, end, syntax->close)) {
      at += syntax->close.len;
      if (--state->depth == 0) return at;
      at--;
    } else if (syntax->language->nests && *at == syntax->open.at[0] && starts(at, end, syntax->open)) {
      state->depth++;
      at += syntax->open.len - 1;
    }
  }
  return end;
}

static Text long_quote(const Language *language, const char *at, const char *end) {
  static const char *triple[] = {"\"\"\"", "'''"};
  for (const char *quote = language->long_quotes; *quote; quote++) {
    Text token = *quote == '3' || *quote == '4' ? (Text){triple[*quote - '3'], 3} : (Text){quote, 1};
    if (starts(at, end, token)) return token;
  }
  return (Text){0};
}

// What stands from a special byte on: sets `code` or `comment` and answers where to go on.
static const char *special(const Syntax *syntax, const char *at, const char *end, State *state, bool *code, bool *comment) {
  if (starts(at, end, syntax->open)) {
    *comment = true;
    state->depth = 1;
    return in_comment(syntax, at + syntax->open.len, end, state);
  }
  for (int i = 0; i < 2; i++) {
    if (starts(at, end, syntax->line[i])) {
      *comment = true;
      return end;
    }
  }
  *code = true;
  Text quote = long_quote(syntax->language, at, end);
  if (quote.len) {
    state->end_quote = quote;
    return in_string(at + quote.len, end, state);
  }
  if (strchr(syntax->language->quotes, *at)) {
    State inside = {.end_quote = {at, 1}};
    return in_string(at + 1, end, &inside);
  }
  return at + 1;
}

static const Syntax *syntax_of(const Language *language) {
  static Syntax kept;
  if (kept.language != language) kept = prepare(language);
  return &kept;
}

void count_lines(const Language *language, Text bytes, Counts *into) {
  const Syntax *syntax = syntax_of(language);
  State state = {0};
  const char *at = bytes.at, *limit = bytes.at + bytes.len;
  into->files++;
  into->bytes += bytes.len;
  while (at < limit) {
    const char *newline = memchr(at, '\n', (size_t)(limit - at));
    const char *end = newline ? newline : limit;
    while (at < end && syntax->meaning[(unsigned char)*at] == SPACE) at++;
    bool code = false, comment = false;
    into->lines++;
    if (at == end) {
      into->blanks++;
      at = end + 1;
      continue;
    }
    while (at < end) {
      if (state.depth) {
        comment = true;
        at = in_comment(syntax, at, end, &state);
      } else if (state.end_quote.len) {
        code = true;
        at = in_string(at, end, &state);
      } else {
        unsigned char meaning = syntax->meaning[(unsigned char)*at];
        if (meaning == SPECIAL) {
          at = special(syntax, at, end, &state, &code, &comment);
        } else {
          code |= meaning == PLAIN;
          at++;
        }
      }
    }
    if (code) {
      into->code++;
    } else {
      into->comments++;
    }
    at = end + 1;
  }
}
