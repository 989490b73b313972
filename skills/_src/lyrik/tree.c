#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/call.h"
#include "ignore.h"

#define MAX_TREE_DEPTH 60
#define MAX_IGNORE_BYTES (1u << 20)

static const char *const USUAL[] = {".git", ".hg", ".svn", "node_modules", "bower_components", "__pycache__", ".venv", "venv", ".lyrik", "site-packages"};

typedef struct {
  char *name;
  unsigned char kind;
} Entry;

static int by_name(const void *a, const void *b) { return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name); }

static bool usual(const char *name) {
  for (size_t i = 0; i < sizeof USUAL / sizeof *USUAL; i++) {
    if (strcmp(USUAL[i], name) == 0) return true;
  }
  return false;
}

static bool chosen(const Tree *tree, Text path, bool directory) {
  for (size_t i = 0; i < tree->exclude_count; i++) {
    if (wild_match(tree->exclude[i], path)) return false;
  }
  if (directory || tree->include_count == 0) return true;
  for (size_t i = 0; i < tree->include_count; i++) {
    if (wild_match(tree->include[i], path)) return true;
  }
  return false;
}

static Ignore *ignore_of(const Ignore *above, Text prefix, Buf *bytes) {
  Buf path = {0};
  buf_text(&path, prefix);
  buf_str(&path, ".gitignore");
  buf_char(&path, 0);
  int fd = open_at(workspace_open(), path.at, false);
  free(path.at);
  if (fd < 0) return NULL;
  bool read = read_whole(fd, bytes, MAX_IGNORE_BYTES);
  close(fd);
  return read ? ignore_read(above, prefix, buf_done(bytes)) : NULL;
}

static void enter(Tree *tree, int fd, Text prefix, const Ignore *above, int depth) {
  DIR *dir = fdopendir(fd);
  if (!dir) {
    close(fd);
    tree->unreadable++;
    return;
  }
  Entry *entries = NULL;
  size_t count = 0, room = 0;
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(dir);
    if (!entry) break;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (count == room) entries = grow(entries, room = room ? room * 2 : 32, sizeof *entries);
    unsigned char kind = entry->d_type;
    struct stat stat;
    if (kind == DT_UNKNOWN && fstatat(fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0) kind = S_ISREG(stat.st_mode) ? DT_REG : S_ISDIR(stat.st_mode) ? DT_DIR : DT_LNK;
    entries[count++] = (Entry){text_zero(text_of(entry->d_name)), kind};
  }
  if (errno != 0) tree->unreadable++;
  closedir(dir);
  if (count) qsort(entries, count, sizeof *entries, by_name);
  Buf ignore_bytes = {0};
  bool has_ignore = false;
  for (size_t i = 0; i < count; i++) has_ignore |= strcmp(entries[i].name, ".gitignore") == 0;
  Ignore *own = has_ignore && !tree->every_directory ? ignore_of(above, prefix, &ignore_bytes) : NULL;
  const Ignore *ignore = own ? own : above;
  Buf path = {0};
  for (size_t i = 0; i < count; i++) {
    bool directory = entries[i].kind == DT_DIR;
    path.len = 0;
    buf_text(&path, prefix);
    buf_str(&path, entries[i].name);
    buf_char(&path, 0);
    Text whole = {path.at, path.len - 1};
    if (entries[i].kind != DT_REG && !directory) {
      tree->not_regular++;
    } else if (!tree->every_directory && directory && usual(entries[i].name)) {
      tree->ignored++;
    } else if (ignored(ignore, whole, directory)) {
      tree->ignored++;
    } else if (!chosen(tree, whole, directory)) {
      continue;
    } else if (!directory) {
      tree->visit(tree->self, whole);
    } else if (depth >= MAX_TREE_DEPTH) {
      tree->too_deep++;
    } else {
      int child = open_at(workspace_open(), path.at, true);
      if (child < 0) {
        // What starts with a dot is usually not granted.
        if (entries[i].name[0] != '.') tree->unreadable++;
        continue;
      }
      path.at[path.len - 1] = '/';
      enter(tree, child, buf_done(&path), ignore, depth + 1);
    }
  }
  free(path.at);
  ignore_free(own);
  free(ignore_bytes.at);
  for (size_t i = 0; i < count; i++) free(entries[i].name);
  free(entries);
}

bool tree_walk(Tree *tree, Text path) {
  Text relative = workspace_path(path);
  char *name = text_zero(relative);
  int fd = open_at(workspace_open(), name, true);
  if (fd < 0) {
    bool file = errno == ENOTDIR;
    if (file) tree->visit(tree->self, relative);
    free(name);
    return file;
  }
  Buf prefix = {0};
  if (strcmp(name, ".") != 0) {
    buf_str(&prefix, name);
    buf_char(&prefix, '/');
  }
  free(name);
  Buf root_bytes = {0};
  // The rules of the workspace's own file hold beneath it too.
  Ignore *root = prefix.len && !tree->every_directory ? ignore_of(NULL, text_of(""), &root_bytes) : NULL;
  enter(tree, fd, buf_done(&prefix), root, 0);
  ignore_free(root);
  free(root_bytes.at);
  free(prefix.at);
  return true;
}
