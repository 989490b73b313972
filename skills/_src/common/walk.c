#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"

typedef struct {
  size_t name;  // offset into the arena of names
  unsigned char kind;
} Entry;

typedef struct {
  Buf names;
  Entry *entries;
  size_t len, room;
} Listing;

static const char *sorting_names;

static int by_name(const void *a, const void *b) {
  return strcmp(sorting_names + ((const Entry *)a)->name, sorting_names + ((const Entry *)b)->name);
}

static bool list(DIR *dir, Listing *into) {
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(dir);
    if (!entry) break;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (into->len == into->room) into->entries = grow(into->entries, into->room = into->room ? into->room * 2 : 32, sizeof(Entry));
    into->entries[into->len++] = (Entry){into->names.len, entry->d_type};
    buf_bytes(&into->names, entry->d_name, strlen(entry->d_name) + 1);
  }
  sorting_names = into->names.at;
  if (into->len) qsort(into->entries, into->len, sizeof(Entry), by_name);
  return errno == 0;
}

static bool excluded(const Walk *walk, Text name) {
  for (size_t i = 0; i < walk->exclude_count; i++) {
    if (glob_match(walk->exclude[i], name)) return true;
  }
  return false;
}

static unsigned char kind_at(int dir, const char *name) {
  struct stat stat;
  if (fstatat(dir, name, &stat, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
  return S_ISREG(stat.st_mode) ? DT_REG : S_ISDIR(stat.st_mode) ? DT_DIR : DT_LNK;
}

// Everything is opened by its whole path: a host that checks grants by path knows it then, and need not ask where `fd` is.
static void enter(Walk *walk, int fd, Buf *path, int depth) {
  DIR *dir = fdopendir(fd);
  if (!dir) {
    walk->unreadable++;
    close(fd);
    return;
  }
  Listing listing = {0};
  if (!list(dir, &listing)) walk->unreadable++;
  size_t parent = path->len;
  for (size_t i = 0; i < listing.len; i++) {
    const char *name = listing.names.at + listing.entries[i].name;
    if (excluded(walk, text_of(name))) continue;
    unsigned char kind = listing.entries[i].kind;
    if (kind == DT_UNKNOWN) kind = kind_at(fd, name);
    path->len = parent;
    if (parent) buf_char(path, '/');
    buf_bytes(path, name, strlen(name) + 1);
    path->len--;
    if (kind == DT_REG) {
      walk->visit(walk->self, workspace_open(), path->at, buf_done(path));
    } else if (kind != DT_DIR) {
      walk->not_regular++;
    } else if (depth >= WALK_MAX_DEPTH) {
      walk->too_deep++;
    } else {
      int child = open_at(workspace_open(), path->at, true);
      if (child < 0) {
        walk->unreadable++;
      } else {
        enter(walk, child, path, depth + 1);
      }
    }
  }
  path->len = parent;
  free(listing.names.at);
  free(listing.entries);
  closedir(dir);
}

bool walk(Walk *walk, Text path) {
  int root = workspace_open();
  char *name = text_zero(workspace_path(path));
  int fd = open_at(root, name, true);
  if (fd < 0) {
    if (errno != ENOTDIR) return false;
    walk->visit(walk->self, root, name, text_of(name));
    return true;
  }
  Buf prefix = {0};
  if (strcmp(name, ".") != 0) buf_str(&prefix, name);
  enter(walk, fd, &prefix, 0);
  return true;
}

typedef struct {
  Walk *outer;
  Text pattern;
} Filter;

static void visit_matching(void *self, int dir, const char *name, Text path) {
  Filter *filter = self;
  if (glob_match(filter->pattern, path)) filter->outer->visit(filter->outer->self, dir, name, path);
}

bool walk_glob(Walk *outer, Text pattern) {
  pattern = workspace_path(pattern);
  size_t wild = 0;
  while (wild < pattern.len && pattern.at[wild] != '*' && pattern.at[wild] != '?') wild++;
  if (wild == pattern.len) return walk(outer, pattern);
  while (wild > 0 && pattern.at[wild - 1] != '/') wild--;
  Filter filter = {outer, pattern};
  Walk inner = *outer;
  inner.visit = visit_matching;
  inner.self = &filter;
  bool found = walk(&inner, wild ? (Text){pattern.at, wild - 1} : text_of("."));
  outer->unreadable = inner.unreadable;
  outer->not_regular = inner.not_regular;
  outer->too_deep = inner.too_deep;
  return found;
}

// One segment; linear in pattern × name, by going back to the last star only.
static bool segment_match(Text pattern, Text name) {
  size_t p = 0, n = 0, star = SIZE_MAX, resume = 0;
  while (n < name.len) {
    if (p < pattern.len && pattern.at[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.len && (pattern.at[p] == '?' || pattern.at[p] == name.at[n])) {
      size_t step = pattern.at[p] == '?' ? utf8_step((Text){name.at + n, name.len - n}) : 1;
      n += step ? step : 1;
      p++;
    } else if (star != SIZE_MAX) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.len && pattern.at[p] == '*') p++;
  return p == pattern.len;
}

static Text first_segment(Text *rest) {
  const char *slash = rest->len ? memchr(rest->at, '/', rest->len) : NULL;
  Text segment = {rest->at, slash ? (size_t)(slash - rest->at) : rest->len};
  size_t used = segment.len + (slash ? 1 : 0);
  *rest = (Text){rest->at + used, rest->len - used};
  return segment;
}

bool glob_match(Text pattern, Text path) {
  // As in `segment_match`, over segments with `**` as the star.
  Text star_pattern = {0}, star_path = {0};
  bool starred = false;
  while (path.len > 0) {
    Text pattern_rest = pattern, path_rest = path;
    Text segment = first_segment(&pattern_rest);
    if (pattern.len && text_is(segment, "**")) {
      starred = true;
      star_pattern = pattern = pattern_rest;
      star_path = path;
      if (pattern.len == 0) return true;
      continue;
    }
    if (pattern.len && segment_match(segment, first_segment(&path_rest))) {
      pattern = pattern_rest;
      path = path_rest;
    } else if (starred) {
      first_segment(&star_path);
      path = star_path;
      pattern = star_pattern;
    } else {
      return false;
    }
  }
  return pattern.len == 0;
}
