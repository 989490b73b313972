// What the test guests share: WASI preview 1 as raw imports, and an answer on stdout that names what each attempt answered.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

typedef struct {
  const void *at;
  size_t len;
} Vec;

WASI(fd_write) int fd_write(int fd, const Vec *vecs, size_t count, size_t *written);
WASI(fd_read) int fd_read(int fd, const Vec *vecs, size_t count, size_t *read);
WASI(fd_pwrite) int fd_pwrite(int fd, const Vec *vecs, size_t count, uint64_t at, size_t *written);
WASI(fd_close) int fd_close(int fd);
WASI(fd_readdir) int fd_readdir(int fd, void *into, size_t len, uint64_t cookie, size_t *used);
WASI(fd_prestat_dir_name) int fd_prestat_dir_name(int fd, char *into, size_t len);
WASI(fd_filestat_get) int fd_filestat_get(int fd, void *into);
WASI(fd_filestat_set_size) int fd_filestat_set_size(int fd, uint64_t size);
WASI(fd_allocate) int fd_allocate(int fd, uint64_t at, uint64_t len);
WASI(fd_renumber) int fd_renumber(int from, int to);
WASI(path_open) int path_open(int dir, int lookup, const char *path, size_t len, int oflags, uint64_t rights, uint64_t inheriting, int flags, int *fd);
WASI(path_create_directory) int path_create_directory(int dir, const char *path, size_t len);
WASI(path_remove_directory) int path_remove_directory(int dir, const char *path, size_t len);
WASI(path_unlink_file) int path_unlink_file(int dir, const char *path, size_t len);
WASI(path_symlink) int path_symlink(const char *target, size_t target_len, int dir, const char *path, size_t len);
WASI(path_readlink) int path_readlink(int dir, const char *path, size_t len, char *into, size_t room, size_t *used);
WASI(path_rename) int path_rename(int from, const char *path, size_t len, int to, const char *to_path, size_t to_len);
WASI(path_link) int path_link(int from, int lookup, const char *path, size_t len, int to, const char *to_path, size_t to_len);
WASI(path_filestat_get) int path_filestat_get(int dir, int lookup, const char *path, size_t len, void *into);
WASI(path_filestat_set_times) int path_filestat_set_times(int dir, int lookup, const char *path, size_t len, uint64_t atim, uint64_t mtim, int flags);
WASI(args_get) int args_get(void *argv, void *buffer);
WASI(args_sizes_get) int args_sizes_get(void *count, void *size);
WASI(environ_sizes_get) int environ_sizes_get(void *count, void *size);
WASI(clock_time_get) int clock_time_get(int clock, uint64_t precision, uint64_t *into);
WASI(random_get) int random_get(void *into, size_t len);
WASI(poll_oneoff) int poll_oneoff(const void *in, void *out, size_t count, size_t *events);
WASI(sock_accept) int sock_accept(int fd, int flags, int *into);
WASI(proc_exit) _Noreturn void proc_exit(int code);

#define WORKSPACE 3
#define RIGHTS_ALL 0x1fffffffull
#define RIGHTS_READ ((1ull << 1) | (1ull << 2) | (1ull << 14) | (1ull << 13) | (1ull << 18) | (1ull << 21))
#define RIGHTS_WRITE ((1ull << 6) | (1ull << 2) | (1ull << 22) | (1ull << 8))
#define CREATE 1
#define DIRECTORY 2
#define EXCLUSIVE 4
#define TRUNCATE 8
#define FOLLOW 1

static const char *const ERRNOS[] = {
    "success", "2big", "acces", "addrinuse", "addrnotavail", "afnosupport", "again", "already", "badf", "badmsg", "busy", "canceled",
    "child", "connaborted", "connrefused", "connreset", "deadlk", "destaddrreq", "dom", "dquot", "exist", "fault", "fbig",
    "hostunreach", "idrm", "ilseq", "inprogress", "intr", "inval", "io", "isconn", "isdir", "loop", "mfile", "mlink", "msgsize",
    "multihop", "nametoolong", "netdown", "netreset", "netunreach", "nfile", "nobufs", "nodev", "noent", "noexec", "nolck", "nolink",
    "nomem", "nomsg", "noprotoopt", "nospc", "nosys", "notconn", "notdir", "notempty", "notrecoverable", "notsock", "notsup", "notty",
    "nxio", "overflow", "ownerdead", "perm", "pipe", "proto", "protonosupport", "prototype", "range", "rofs", "spipe", "srch", "stale",
    "timedout", "txtbsy", "xdev", "notcapable"};

static size_t len_of(const char *text) {
  size_t len = 0;
  while (text[len]) len++;
  return len;
}

static char answer[65536];
static size_t answer_len;

static void put(const char *text) {
  for (size_t i = 0; text[i] && answer_len < sizeof answer; i++) answer[answer_len++] = text[i];
}

__attribute__((unused)) static void put_number(uint64_t value) {
  char digits[21];
  size_t at = 20;
  digits[at] = 0;
  do digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  put(digits + at);
}

__attribute__((unused)) static void put_key(const char *name) {
  put(answer_len ? ",\"" : "{\"");
  put(name);
  put("\":");
}

// One member: what an attempt answered.
__attribute__((unused)) static void tried(const char *name, int error) {
  put_key(name);
  put("\"");
  put(error >= 0 && error <= 76 ? ERRNOS[error] : "no errno");
  put("\"");
}

__attribute__((unused)) static void counted(const char *name, uint64_t value) {
  put_key(name);
  put_number(value);
}

// At most `len` bytes that must need no escaping.
__attribute__((unused)) static void told(const char *name, const char *text, size_t len) {
  put_key(name);
  put("\"");
  for (size_t i = 0; i < len && answer_len < sizeof answer; i++) {
    char c = text[i];
    answer[answer_len++] = c < 0x20 || c == '"' || c == '\\' ? '?' : c;
  }
  put("\"");
}

__attribute__((unused)) static void write_all(int fd, const char *at, size_t len) {
  while (len > 0) {
    Vec vec = {at, len};
    size_t written = 0;
    if (fd_write(fd, &vec, 1, &written) != 0 || written == 0) return;
    at += written;
    len -= written;
  }
}

__attribute__((unused)) static void finish(void) {
  put(answer_len ? "}" : "{}");
  write_all(1, answer, answer_len);
}

// The first descriptor above stdio whose preopened name is `name`, or -1.
__attribute__((unused)) static int mount(const char *name) {
  size_t len = len_of(name);
  for (int fd = 3; fd < 8; fd++) {
    char buffer[16];
    if (len > sizeof buffer || fd_prestat_dir_name(fd, buffer, len) != 0) continue;
    size_t same = 0;
    while (same < len && buffer[same] == name[same]) same++;
    if (same == len) return fd;
  }
  return -1;
}

__attribute__((unused)) static int open_read(int dir, const char *path, int *fd) {
  return path_open(dir, FOLLOW, path, len_of(path), 0, RIGHTS_READ, RIGHTS_ALL, 0, fd);
}

__attribute__((unused)) static int open_write(int dir, const char *path, int oflags, int *fd) {
  return path_open(dir, FOLLOW, path, len_of(path), oflags, RIGHTS_WRITE, 0, 0, fd);
}

// Opens for reading and, if that works, tells what stands in the file; else what it answered.
__attribute__((unused)) static void read_try(const char *name, int dir, const char *path) {
  int fd = -1;
  int error = open_read(dir, path, &fd);
  if (error != 0) {
    tried(name, error);
    return;
  }
  static char buffer[64];
  Vec vec = {buffer, sizeof buffer};
  size_t got = 0;
  error = fd_read(fd, &vec, 1, &got);
  fd_close(fd);
  if (error != 0) {
    tried(name, error);
  } else {
    told(name, buffer, got);
  }
}

__attribute__((unused)) static void write_try(const char *name, int dir, const char *path, int oflags) {
  int fd = -1;
  int error = open_write(dir, path, oflags, &fd);
  if (error == 0) {
    Vec vec = {"owned", 5};
    size_t written;
    error = fd_write(fd, &vec, 1, &written);
    fd_close(fd);
  }
  tried(name, error);
}
