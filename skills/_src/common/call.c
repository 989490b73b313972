#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#ifdef __wasm__
#include <wasi/api.h>
#else
#include <stdlib.h>
#endif

int call_main(int argc, char **argv, const ToolEntry *tools, size_t count) {
  const ToolEntry *tool = argc > 1 ? NULL : &tools[0];
  for (size_t i = 0; i < count && argc > 1; i++) {
    if (strcmp(tools[i].name, argv[1]) == 0) tool = &tools[i];
  }
  if (!tool) fail("there is no such tool");
  Buf input = {0};
  if (!read_whole(0, &input, CALL_MAX_INPUT_BYTES)) fail("the arguments cannot be read: %s", strerror(errno));
  Json args;
  JsonError error = json_read(buf_done(&input), &args);
  if (error.why) fail("the arguments are not JSON: %s at line %zu, column %zu", error.why, error.line, error.column);
  if (args.kind != J_OBJECT) fail("the arguments must be one JSON object");
  Buf out = {0};
  tool->run(&args, &out);
  buf_char(&out, '\n');
  out_write(&out);
  return 0;
}

bool arg_has(const Json *args, const char *name) {
  const Json *value = json_member(args, name);
  return value && value->kind != J_NULL;
}

Text arg_text(const Json *args, const char *name, const char *otherwise) {
  if (!arg_has(args, name)) {
    if (!otherwise) fail("%s is required", name);
    return text_of(otherwise);
  }
  const Json *value = json_member(args, name);
  if (value->kind != J_STRING) fail("%s must be a string", name);
  return json_text(value);
}

bool arg_flag(const Json *args, const char *name, bool otherwise) {
  if (!arg_has(args, name)) return otherwise;
  const Json *value = json_member(args, name);
  if (value->kind != J_TRUE && value->kind != J_FALSE) fail("%s must be true or false", name);
  return value->kind == J_TRUE;
}

long arg_int(const Json *args, const char *name, long otherwise, long min, long max) {
  if (!arg_has(args, name)) return otherwise;
  const Json *value = json_member(args, name);
  if (value->kind != J_NUMBER || !(value->number >= (double)min && value->number <= (double)max) ||
      value->number != (double)(long)value->number) {
    fail("%s must be a whole number from %ld to %ld", name, min, max);
  }
  return (long)value->number;
}

size_t arg_texts(const Json *args, const char *name, Text **into) {
  *into = NULL;
  if (!arg_has(args, name)) return 0;
  const Json *value = json_member(args, name);
  const Json *items = value->kind == J_ARRAY ? value->items : value;
  size_t count = value->kind == J_ARRAY ? value->len : 1;
  *into = take(count, sizeof **into);
  for (size_t i = 0; i < count; i++) {
    if (items[i].kind != J_STRING) fail("%s must be a list of strings", name);
    (*into)[i] = json_text(&items[i]);
  }
  return count;
}

Text arg_input(const Json *args, const char *inline_name, const char *file_name) {
  bool has_text = arg_has(args, inline_name), has_file = arg_has(args, file_name);
  if (has_text == has_file) fail("give either %s or %s", inline_name, file_name);
  return has_text ? arg_text(args, inline_name, NULL) : read_file(arg_text(args, file_name, NULL));
}

#ifdef __wasm__
// The descriptor by its preopened name: libc's own search would stat and split a path on every open.
int workspace_open(void) {
  static int found = -1;
  for (__wasi_fd_t fd = 3; found < 0; fd++) {
    __wasi_prestat_t prestat;
    if (__wasi_fd_prestat_get(fd, &prestat) != 0) fail("no workspace: this skill was not granted any file to read");
    char name[16] = {0};
    size_t len = prestat.u.dir.pr_name_len;
    if (len < sizeof name && __wasi_fd_prestat_dir_name(fd, (uint8_t *)name, len) == 0 && strcmp(name, "/workspace") == 0) {
      found = (int)fd;
    }
  }
  return found;
}

int open_at(int dir, const char *path, bool directory) {
  __wasi_rights_t rights = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_READDIR |
                           __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_PATH_FILESTAT_GET;
  __wasi_fd_t fd;
  __wasi_errno_t error =
      __wasi_path_open((__wasi_fd_t)dir, 0, path, directory ? __WASI_OFLAGS_DIRECTORY : 0, rights, rights, 0, &fd);
  if (error == 0) return (int)fd;
  errno = error;
  return -1;
}
#else
int workspace_open(void) {
  static int found = -1;
  const char *root = getenv("WORKSPACE_ROOT");
  if (found < 0) found = open(root ? root : "/workspace", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (found < 0) fail("no workspace: %s", strerror(errno));
  return found;
}

int open_at(int dir, const char *path, bool directory) {
  return openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (directory ? O_DIRECTORY : 0));
}
#endif

// A read of a regular file comes back short only at its end, so one that is short needs no second one to learn that.
#define FIRST_READ_BYTES (64u << 10)

bool read_whole(int fd, Buf *into, size_t max) {
  into->len = 0;
  size_t want = FIRST_READ_BYTES;
  for (;;) {
    if (into->room - into->len < want || !into->at) {
      into->room = into->room * 2 > into->len + want ? into->room * 2 : into->len + want;
      into->at = grow(into->at, into->room, 1);
    }
    ssize_t got = read(fd, into->at + into->len, want);
    if (got < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    if (got == 0) return true;
    into->len += (size_t)got;
    if (into->len > max) {
      errno = EFBIG;
      return false;
    }
    if (fd > 2 && (size_t)got < want && want == FIRST_READ_BYTES) return true;
    want = into->len < 1u << 20 ? FIRST_READ_BYTES : 1u << 20;
  }
}

Text workspace_path(Text path) {
  if (path.len >= 10 && memcmp(path.at, "/workspace", 10) == 0 && (path.len == 10 || path.at[10] == '/')) {
    path = (Text){path.at + 10, path.len - 10};
    while (path.len && path.at[0] == '/') path = (Text){path.at + 1, path.len - 1};
  }
  while (path.len >= 2 && path.at[0] == '.' && path.at[1] == '/') path = (Text){path.at + 2, path.len - 2};
  while (path.len > 1 && path.at[path.len - 1] == '/') path.len--;
  return path.len == 0 ? text_of(".") : path;
}

Text read_file(Text path) {
  Text relative = workspace_path(path);
  int fd = open_at(workspace_open(), text_zero(relative), false);
  Buf bytes = {0};
  if (fd < 0 || !read_whole(fd, &bytes, CALL_MAX_FILE_BYTES)) {
    Buf name = {0};
    json_write_string(&name, relative);
    buf_char(&name, 0);
    fail("%.300s: %s", name.at, errno == EFBIG ? "larger than 32 MiB" : strerror(errno));
  }
  close(fd);
  return buf_done(&bytes);
}
