#include <stdlib.h>
#include <string.h>

#include "tools.h"

// Edits after which the rest is shown as replaced as a whole: the memory for the trace grows with their square.
#define MAX_EDITS 4000

typedef struct {
  char kind;  // ' ', '-', '+'
  size_t left, right;
} Edit;

typedef struct {
  Edit *at;
  size_t count, room;
} Edits;

static void add(Edits *edits, char kind, size_t left, size_t right) {
  if (edits->count == edits->room) edits->at = grow(edits->at, edits->room = edits->room ? edits->room * 2 : 256, sizeof *edits->at);
  edits->at[edits->count++] = (Edit){kind, left, right};
}

// The greedy O(ND) walk of Myers (1986), over the part between the common front and back. Answers false beyond MAX_EDITS.
static bool myers(const Text *a, long n, const Text *b, long m, size_t base, Edits *edits) {
  long max = n + m < MAX_EDITS ? n + m : MAX_EDITS;
  long *reach = take((size_t)(2 * max + 3), sizeof *reach);
  memset(reach, 0, (size_t)(2 * max + 3) * sizeof *reach);
  long **trace = take((size_t)max + 1, sizeof *trace);
  long *middle = reach + max + 1, d = 0, end = -1;
  for (; d <= max && end < 0; d++) {
    // Row d is read only between -d and d when going back.
    trace[d] = take((size_t)(2 * d + 3), sizeof **trace);
    memcpy(trace[d], middle - d - 1, (size_t)(2 * d + 3) * sizeof **trace);
    for (long k = -d; k <= d; k += 2) {
      long x = k == -d || (k != d && middle[k - 1] < middle[k + 1]) ? middle[k + 1] : middle[k - 1] + 1;
      long y = x - k;
      while (x < n && y < m && x >= 0 && y >= 0 && text_equal(a[x], b[y])) x++, y++;
      middle[k] = x;
      if (x >= n && y >= m) {
        end = d;
        break;
      }
    }
  }
  free(reach);
  if (end < 0) return false;
  Edits turned = {0};
  long x = n, y = m;
  for (d = end; d >= 0; d--) {
    const long *row = trace[d] + d + 1;
    long k = x - y;
    long from = d == 0 ? 0 : k == -d || (k != d && row[k - 1] < row[k + 1]) ? k + 1 : k - 1;
    long before_x = d == 0 ? 0 : row[from], before_y = before_x - from;
    while (x > before_x && y > before_y) add(&turned, ' ', base + (size_t)--x, base + (size_t)--y);
    if (d == 0) break;
    if (x == before_x) {
      add(&turned, '+', base + (size_t)x, base + (size_t)--y);
    } else {
      add(&turned, '-', base + (size_t)--x, base + (size_t)y);
    }
  }
  for (size_t i = turned.count; i-- > 0; ) add(edits, turned.at[i].kind, turned.at[i].left, turned.at[i].right);
  return true;
}

static Edits compare(const Lines *a, const Lines *b) {
  Edits edits = {0};
  size_t front = 0, back = 0, shorter = a->count < b->count ? a->count : b->count;
  while (front < shorter && text_equal(a->at[front], b->at[front])) front++;
  while (back < shorter - front && text_equal(a->at[a->count - 1 - back], b->at[b->count - 1 - back])) back++;
  for (size_t i = 0; i < front; i++) add(&edits, ' ', i, i);
  size_t left_end = a->count - back, right_end = b->count - back;
  if (!myers(a->at + front, (long)(left_end - front), b->at + front, (long)(right_end - front), front, &edits)) {
    for (size_t i = front; i < left_end; i++) add(&edits, '-', i, front);
    for (size_t i = front; i < right_end; i++) add(&edits, '+', left_end, i);
  }
  for (size_t i = 0; i < back; i++) add(&edits, ' ', left_end + i, right_end + i);
  return edits;
}

static void put_line(Buf *out, char kind, const Lines *lines, size_t at) {
  buf_char(out, kind);
  buf_text(out, lines->at[at]);
  buf_char(out, '\n');
  if (at + 1 == lines->count && !lines->ended) buf_str(out, "\\ No newline at end of file\n");
}

static void put_hunk(Buf *out, const Edits *edits, size_t from, size_t to, const Lines *a, const Lines *b) {
  size_t left = 0, right = 0;
  for (size_t i = from; i < to; i++) {
    left += edits->at[i].kind != '+';
    right += edits->at[i].kind != '-';
  }
  const Edit *first = &edits->at[from];
  // An empty side is named by the line before it.
  buf_format(out, "@@ -%zu,%zu +%zu,%zu @@\n", first->left + (left > 0), left, first->right + (right > 0), right);
  for (size_t i = from; i < to; i++) {
    const Edit *edit = &edits->at[i];
    put_line(out, edit->kind, edit->kind == '+' ? b : a, edit->kind == '+' ? edit->right : edit->left);
  }
}

static void put_name(Buf *out, const char *mark, const Json *args, const char *file, const char *otherwise) {
  buf_str(out, mark);
  Text name = arg_text(args, file, otherwise);
  for (size_t i = 0; i < name.len; i++) buf_char(out, (unsigned char)name.at[i] < 0x20 ? '?' : name.at[i]);
  buf_char(out, '\n');
}

void run_diff(const Json *args, Buf *out) {
  Lines a = lines_of(arg_input(args, "left", "left_file")), b = lines_of(arg_input(args, "right", "right_file"));
  size_t context = (size_t)arg_int(args, "context", 3, 0, 100), added = 0, removed = 0;
  Edits edits = compare(&a, &b);
  Buf text = {0};
  size_t at = 0, shown = 0;
  while (at < edits.count) {
    if (edits.at[at].kind == ' ') {
      at++;
      continue;
    }
    size_t from = at < shown + context ? shown : at - context, last = at;
    for (size_t i = at; i < edits.count && i <= last + 2 * context + 1; i++) {
      if (edits.at[i].kind != ' ') last = i;
    }
    size_t to = last + 1 + context < edits.count ? last + 1 + context : edits.count;
    if (text.len == 0) {
      put_name(&text, "--- ", args, "left_file", "left");
      put_name(&text, "+++ ", args, "right_file", "right");
    }
    put_hunk(&text, &edits, from, to, &a, &b);
    at = shown = to;
  }
  for (size_t i = 0; i < edits.count; i++) {
    added += edits.at[i].kind == '+';
    removed += edits.at[i].kind == '-';
  }
  bool line_end_differs = added + removed == 0 && a.ended != b.ended && a.count > 0 && b.count > 0;
  Buf display = {0};
  if (text.len) {
    put_fenced(&display, "diff", buf_done(&text));
  } else {
    buf_str(&display, line_end_differs ? "Only the line end at the very end differs.\n" : "No differences.\n");
  }
  buf_format(out, "{\"equal\":%s,\"added\":%zu,\"removed\":%zu,\"diff\":", text.len || line_end_differs ? "false" : "true", added, removed);
  json_write_string(out, buf_done(&text));
  buf_str(out, ",\"display\":");
  json_write_string(out, buf_done(&display));
  buf_char(out, '}');
}
