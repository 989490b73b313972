#include "pattern.h"

#include <string.h>

typedef enum { OP_CHAR, OP_ANY, OP_CLASS, OP_SPLIT, OP_JUMP, OP_START, OP_END, OP_BOUNDARY, OP_NOT_BOUNDARY, OP_MATCH } Op;

typedef struct {
  uint32_t from, to;
} Range;

typedef struct {
  Op op;
  uint32_t value;       // OP_CHAR
  int next, other;      // targets; of OP_SPLIT `next` is preferred
  Range *ranges;        // OP_CLASS
  size_t range_count;
  bool inverted;
} Step;

typedef struct {
  int step;
  size_t start;
} Thread;

typedef struct {
  Thread *threads;
  size_t count;
} Threads;

struct Pattern {
  Text literal;
  bool regex, ignore_case;
  Step *steps;
  int count, room;
  Threads now, next;
  // Generation in which a step was last added, so that each stands in a list once.
  size_t *added, generation;
};

typedef struct {
  Pattern *pattern;
  Text source;
  size_t at;
  int depth;
} Compiler;

static uint32_t fold(uint32_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

static uint32_t decode(Text text, size_t at, size_t *step) {
  const unsigned char *b = (const unsigned char *)text.at + at;
  size_t len = utf8_step((Text){text.at + at, text.len - at});
  *step = len ? len : 1;
  switch (len) {
    case 2: return (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);
    case 3: return (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
    case 4: return (b[0] & 0x07u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu);
    case 1: return b[0];
    default: return 0x110000u + b[0];  // not UTF-8: like no character
  }
}

static int emit(Compiler *c, Step step) {
  Pattern *p = c->pattern;
  if (p->count >= PATTERN_MAX_STEPS) fail("the pattern is too large");
  if (p->count == p->room) p->steps = grow(p->steps, (size_t)(p->room = p->room ? p->room * 2 : 64), sizeof *p->steps);
  p->steps[p->count] = step;
  return p->count++;
}

static int peek(const Compiler *c) { return c->at < c->source.len ? (unsigned char)c->source.at[c->at] : -1; }

static void add_range(Step *step, uint32_t from, uint32_t to) {
  step->ranges = grow(step->ranges, step->range_count + 1, sizeof *step->ranges);
  step->ranges[step->range_count++] = (Range){from, to};
}

// \d \w \s into the class; false for any other letter.
static bool add_named(Step *step, char name) {
  switch (name) {
    case 'd': add_range(step, '0', '9'); return true;
    case 'w': add_range(step, '0', '9'); add_range(step, 'a', 'z'); add_range(step, 'A', 'Z'); add_range(step, '_', '_'); return true;
    case 's': add_range(step, '\t', '\r'); add_range(step, ' ', ' '); return true;
    default: return false;
  }
}

static uint32_t escaped(Compiler *c) {
  int letter = peek(c);
  if (letter < 0) fail("the pattern ends with a backslash");
  size_t step;
  uint32_t point = decode(c->source, c->at, &step);
  c->at += step;
  switch (letter) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    default:
      if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9')) {
        fail("the pattern has an escape that is not known here: \\%c", letter);
      }
      return point;
  }
}

static uint32_t class_char(Compiler *c) {
  size_t step;
  if (peek(c) == '\\') {
    c->at++;
    return escaped(c);
  }
  uint32_t point = decode(c->source, c->at, &step);
  c->at += step;
  return point;
}

static void class(Compiler *c) {
  Step step = {.op = OP_CLASS};
  if (peek(c) == '^') {
    step.inverted = true;
    c->at++;
  }
  bool first = true;
  while (peek(c) != ']' || first) {
    if (peek(c) < 0) fail("the pattern has a [ without its ]");
    first = false;
    if (peek(c) == '\\' && c->at + 1 < c->source.len && add_named(&step, c->source.at[c->at + 1])) {
      c->at += 2;
      continue;
    }
    uint32_t from = class_char(c), to = from;
    if (peek(c) == '-' && c->at + 1 < c->source.len && c->source.at[c->at + 1] != ']') {
      c->at++;
      to = class_char(c);
      if (to < from) fail("the pattern has a range that runs backwards");
    }
    add_range(&step, from, to);
  }
  c->at++;
  emit(c, step);
}

static void alternatives(Compiler *c);

static void atom(Compiler *c) {
  int letter = peek(c);
  size_t step;
  if (letter == '(') {
    if (++c->depth > 50) fail("the pattern is nested too deeply");
    c->at++;
    if (c->source.len - c->at >= 2 && memcmp(c->source.at + c->at, "?:", 2) == 0) c->at += 2;
    alternatives(c);
    if (peek(c) != ')') fail("the pattern has a ( without its )");
    c->at++;
    c->depth--;
    return;
  }
  if (letter == '*' || letter == '+' || letter == '?' || letter == '{') fail("the pattern repeats nothing: %c at character %zu", letter, c->at + 1);
  uint32_t point = decode(c->source, c->at, &step);
  c->at += step;
  if (letter == '[') {
    class(c);
  } else if (letter == '.') {
    emit(c, (Step){.op = OP_ANY});
  } else if (letter == '^') {
    emit(c, (Step){.op = OP_START});
  } else if (letter == '$') {
    emit(c, (Step){.op = OP_END});
  } else if (letter == '\\') {
    int name = peek(c);
    Step named = {.op = OP_CLASS};
    if (name == 'b' || name == 'B') {
      c->at++;
      emit(c, (Step){.op = name == 'b' ? OP_BOUNDARY : OP_NOT_BOUNDARY});
    } else if (name > 0 && add_named(&named, (char)(name | 32)) && strchr("dwsDWS", name)) {
      c->at++;
      named.inverted = name < 'a';
      emit(c, named);
    } else {
      emit(c, (Step){.op = OP_CHAR, .value = escaped(c)});
    }
  } else {
    emit(c, (Step){.op = OP_CHAR, .value = point});
  }
}

static int number(Compiler *c) {
  int value = -1;
  while (peek(c) >= '0' && peek(c) <= '9') {
    value = (value < 0 ? 0 : value) * 10 + (peek(c) - '0');
    if (value > 1000) fail("the pattern repeats something more than 1000 times");
    c->at++;
  }
  return value;
}

// Copies the steps [from, to) to the end, with their targets moved along.
static void copy(Compiler *c, const Step *saved, int from, int count) {
  int shift = c->pattern->count - from;
  for (int i = 0; i < count; i++) {
    Step step = saved[i];
    if (step.op == OP_SPLIT || step.op == OP_JUMP) {
      step.next += shift;
      step.other += shift;
    }
    emit(c, step);
  }
}

static void repeat(Compiler *c, int from, int min, int max) {
  Pattern *p = c->pattern;
  int count = p->count - from;
  Step *saved = take((size_t)count, sizeof *saved);
  memcpy(saved, p->steps + from, (size_t)count * sizeof *saved);
  p->count = from;
  for (int i = 0; i < min; i++) copy(c, saved, from, count);
  if (max < 0) {
    int split = emit(c, (Step){.op = OP_SPLIT});
    copy(c, saved, from, count);
    emit(c, (Step){.op = OP_JUMP, .next = split});
    p->steps[split].next = split + 1;
    p->steps[split].other = p->count;
    return;
  }
  for (int i = min; i < max; i++) {
    int split = emit(c, (Step){.op = OP_SPLIT});
    copy(c, saved, from, count);
    p->steps[split].next = split + 1;
    p->steps[split].other = p->count;
  }
}

static void piece(Compiler *c) {
  int from = c->pattern->count;
  atom(c);
  for (int twice = 0;; twice++) {
    int letter = peek(c), min = 0, max = -1;
    if (letter != '*' && letter != '+' && letter != '?' && letter != '{') return;
    if (twice) fail("the pattern repeats a repetition: put it in parentheses");
    c->at++;
    if (letter == '+') min = 1;
    if (letter == '?') max = 1;
    if (letter == '{') {
      min = max = number(c);
      if (peek(c) == ',') {
        c->at++;
        max = number(c);
        if (min < 0) min = 0;
      }
      if (peek(c) != '}' || min < 0 || (max >= 0 && max < min)) fail("the pattern has a { that is no {m}, {m,} or {m,n}");
      c->at++;
    }
    repeat(c, from, min, max);
  }
}

static void alternatives(Compiler *c) {
  int from = c->pattern->count;
  while (peek(c) >= 0 && peek(c) != '|' && peek(c) != ')') piece(c);
  if (peek(c) != '|') return;
  // The first branch moves up by one for the split in front of it.
  int count = c->pattern->count - from;
  Step *saved = take((size_t)count, sizeof *saved);
  memcpy(saved, c->pattern->steps + from, (size_t)count * sizeof *saved);
  c->pattern->count = from;
  int split = emit(c, (Step){.op = OP_SPLIT});
  copy(c, saved, from, count);
  int jump = emit(c, (Step){.op = OP_JUMP});
  c->pattern->steps[split].next = split + 1;
  c->pattern->steps[split].other = c->pattern->count;
  c->at++;
  if (++c->depth > 200) fail("the pattern has too many alternatives");
  alternatives(c);
  c->depth--;
  c->pattern->steps[jump].next = c->pattern->count;
}

Pattern *pattern_of(Text source, bool regex, bool ignore_case) {
  if (source.len == 0) fail("the pattern is empty");
  if (source.len > PATTERN_MAX_BYTES) fail("the pattern is longer than %d bytes", PATTERN_MAX_BYTES);
  Pattern *pattern = take(1, sizeof *pattern);
  *pattern = (Pattern){.literal = source, .regex = regex, .ignore_case = ignore_case};
  if (!regex) return pattern;
  Compiler c = {pattern, source, 0, 0};
  alternatives(&c);
  if (c.at < source.len) fail("the pattern has a ) without its (");
  emit(&c, (Step){.op = OP_MATCH});
  size_t count = (size_t)pattern->count;
  pattern->now.threads = take(count, sizeof(Thread));
  pattern->next.threads = take(count, sizeof(Thread));
  pattern->added = take(count, sizeof(size_t));
  memset(pattern->added, 0, count * sizeof(size_t));
  return pattern;
}

static bool in_class(const Step *step, uint32_t c) {
  for (size_t i = 0; i < step->range_count; i++) {
    if (c >= step->ranges[i].from && c <= step->ranges[i].to) return true;
  }
  return false;
}

static bool accepts(const Pattern *p, const Step *step, uint32_t c) {
  if (step->op == OP_ANY) return true;
  if (step->op == OP_CHAR) return step->value == c || (p->ignore_case && fold(step->value) == fold(c));
  bool in = in_class(step, c);
  if (!in && p->ignore_case && c < 128) in = in_class(step, fold(c)) || (fold(c) >= 'a' && fold(c) <= 'z' && in_class(step, fold(c) - 32));
  return in != step->inverted;
}

static bool word_at(Text line, size_t at) {
  if (at >= line.len) return false;
  char c = line.at[at];
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Adds a step and what follows from it without a character, in order of preference; its own stack, for patterns can be long.
static void add(Pattern *p, Threads *list, int first, size_t start, Text line, size_t at) {
  static int stack[2 * PATTERN_MAX_STEPS + 2];
  size_t depth = 0;
  stack[depth++] = first;
  while (depth > 0) {
    int index = stack[--depth];
    if (p->added[index] == p->generation) continue;
    p->added[index] = p->generation;
    const Step *step = &p->steps[index];
    bool boundary = (at > 0 && word_at(line, at - 1)) != word_at(line, at);
    switch (step->op) {
      case OP_JUMP: stack[depth++] = step->next; break;
      case OP_SPLIT:
        stack[depth++] = step->other;
        stack[depth++] = step->next;
        break;
      case OP_START: if (at == 0) stack[depth++] = index + 1; break;
      case OP_END: if (at == line.len) stack[depth++] = index + 1; break;
      case OP_BOUNDARY: if (boundary) stack[depth++] = index + 1; break;
      case OP_NOT_BOUNDARY: if (!boundary) stack[depth++] = index + 1; break;
      default: list->threads[list->count++] = (Thread){index, start};
    }
  }
}

static bool find_regex(Pattern *p, Text line, size_t from, Match *into) {
  bool found = false;
  p->now.count = 0;
  p->generation++;
  for (size_t at = from;;) {
    // A new start has the least preference, and none once something matched further left.
    if (!found) add(p, &p->now, 0, at, line, at);
    size_t step = 1;
    uint32_t c = at < line.len ? decode(line, at, &step) : 0;
    p->generation++;
    p->next.count = 0;
    for (size_t i = 0; i < p->now.count; i++) {
      Thread thread = p->now.threads[i];
      if (p->steps[thread.step].op == OP_MATCH) {
        found = true;
        *into = (Match){thread.start, at};
        break;
      }
      if (at < line.len && accepts(p, &p->steps[thread.step], c)) add(p, &p->next, thread.step + 1, thread.start, line, at + step);
    }
    Threads swapped = p->now;
    p->now = p->next;
    p->next = swapped;
    if (at >= line.len || (found && p->now.count == 0)) return found;
    at += step;
  }
}

static bool find_folded(Text needle, Text line, size_t from, Match *into) {
  for (size_t at = from; at + needle.len <= line.len; at++) {
    size_t i = 0;
    while (i < needle.len && fold((unsigned char)line.at[at + i]) == fold((unsigned char)needle.at[i])) i++;
    if (i == needle.len) {
      *into = (Match){at, at + needle.len};
      return true;
    }
  }
  return false;
}

bool pattern_find(Pattern *p, Text line, size_t from, Match *into) {
  if (from > line.len) return false;
  if (p->regex) return find_regex(p, line, from, into);
  if (p->ignore_case) return find_folded(p->literal, line, from, into);
  size_t at = text_find(line, p->literal, from);
  if (at == SIZE_MAX) return false;
  *into = (Match){at, at + p->literal.len};
  return true;
}
