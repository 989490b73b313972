// hash: digests of texts and workspace files, and checking of lists of them.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../common/call.h"
#include "../common/walk.h"
#include "digest.h"

#define CHUNK_BYTES (256u << 10)
#define MAX_FILES 100000
#define PROGRESS_EVERY 200

static Algorithm algorithm_of(Text name) {
  for (int i = 0; i < ALGORITHM_COUNT; i++) {
    if (text_is(name, ALGORITHMS[i].name)) return (Algorithm)i;
  }
  fail("algorithm must be sha256, sha512, sha1, md5 or crc32");
}

static void put_hex(Buf *out, const uint8_t *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) buf_format(out, "%02x", bytes[i]);
}

static int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static Text decode_hex(Text hex) {
  if (hex.len % 2) fail("text is not hexadecimal: an odd number of digits");
  char *bytes = take(hex.len / 2, 1);
  for (size_t i = 0; i < hex.len / 2; i++) {
    int high = hex_digit(hex.at[2 * i]), low = hex_digit(hex.at[2 * i + 1]);
    if (high < 0 || low < 0) fail("text is not hexadecimal");
    bytes[i] = (char)(high * 16 + low);
  }
  return (Text){bytes, hex.len / 2};
}

static void run_text(const Json *args, Buf *out) {
  Algorithm algorithm = algorithm_of(arg_text(args, "algorithm", "sha256"));
  Text text = arg_text(args, "text", NULL), encoding = arg_text(args, "encoding", "utf8");
  if (text_is(encoding, "hex")) {
    text = decode_hex(text);
  } else if (!text_is(encoding, "utf8")) {
    fail("encoding must be utf8 or hex");
  }
  Digest digest;
  uint8_t bytes[64];
  digest_start(&digest, algorithm);
  digest_add(&digest, text.at, text.len);
  digest_end(&digest, bytes);
  const char *name = ALGORITHMS[algorithm].name;
  buf_format(out, "{\"algorithm\":\"%s\",\"bytes\":%zu,\"hex\":\"", name, text.len);
  put_hex(out, bytes, ALGORITHMS[algorithm].size);
  buf_format(out, "\",\"display\":\"`");
  put_hex(out, bytes, ALGORITHMS[algorithm].size);
  buf_format(out, "` (%s of %zu bytes)\"}", name, text.len);
}

// Digest of an open file; false and errno when it cannot be read.
static bool digest_file(int fd, Algorithm algorithm, uint8_t *into, uint64_t *size) {
  static char chunk[CHUNK_BYTES];
  Digest digest;
  digest_start(&digest, algorithm);
  for (;;) {
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    digest_add(&digest, chunk, (size_t)got);
  }
  *size = digest.total;
  digest_end(&digest, into);
  return true;
}

typedef struct {
  Algorithm algorithm;
  size_t count, failed;
  uint64_t bytes;
  Buf files, errors, table;
} Hashing;

static void visit(void *self, int dir, const char *name, Text path) {
  Hashing *hashing = self;
  if (hashing->count >= MAX_FILES) fail("more than %d files; give narrower paths", MAX_FILES);
  if ((hashing->count + hashing->failed) % PROGRESS_EVERY == PROGRESS_EVERY - 1) {
    progress(hashing->count + hashing->failed + 1, 0, "files");
  }
  uint8_t bytes[64];
  uint64_t size = 0;
  int fd = open_at(dir, name, false);
  bool read = fd >= 0 && digest_file(fd, hashing->algorithm, bytes, &size);
  int error = errno;
  if (fd >= 0) close(fd);
  Buf *list = read ? &hashing->files : &hashing->errors;
  buf_str(list, list->len ? ",{\"path\":" : "{\"path\":");
  json_write_string(list, path);
  if (!read) {
    hashing->failed++;
    buf_str(list, ",\"error\":");
    json_write_string(list, text_of(strerror(error)));
    buf_char(list, '}');
    return;
  }
  hashing->count++;
  hashing->bytes += size;
  buf_format(list, ",\"bytes\":%llu,\"hex\":\"", (unsigned long long)size);
  put_hex(list, bytes, ALGORITHMS[hashing->algorithm].size);
  buf_str(list, "\"}");
  buf_str(&hashing->table, "| ");
  buf_cell(&hashing->table, path, 300);
  buf_format(&hashing->table, " | %llu | `", (unsigned long long)size);
  put_hex(&hashing->table, bytes, ALGORITHMS[hashing->algorithm].size);
  buf_str(&hashing->table, "` |\n");
}

static void run_files(const Json *args, Buf *out) {
  static const Text usual[] = {{".git", 4}, {"node_modules", 12}};
  Hashing hashing = {.algorithm = algorithm_of(arg_text(args, "algorithm", "sha256"))};
  Text *paths, *exclude;
  size_t path_count = arg_texts(args, "paths", &paths), exclude_count = arg_texts(args, "exclude", &exclude);
  if (path_count == 0) fail("paths is required: files, directories or globs of the workspace");
  bool own = arg_has(args, "exclude");
  Walk walked = {own ? exclude : usual, own ? exclude_count : 2, visit, &hashing, 0, 0, 0};
  buf_format(&hashing.table, "| File | Bytes | %s |\n| --- | ---: | --- |\n", ALGORITHMS[hashing.algorithm].name);
  for (size_t i = 0; i < path_count; i++) {
    if (!walk_glob(&walked, paths[i])) {
      Buf name = {0};
      json_write_string(&name, paths[i]);
      buf_char(&name, 0);
      fail("%.300s: there is no such file or directory in the workspace, or it is not granted", name.at);
    }
  }
  uint64_t unread = hashing.failed + walked.unreadable;
  if (unread) buf_format(&hashing.table, "\n%llu could not be read.\n", (unsigned long long)unread);
  buf_format(out, "{\"algorithm\":\"%s\",\"files\":[", ALGORITHMS[hashing.algorithm].name);
  buf_text(out, buf_done(&hashing.files));
  buf_str(out, "],\"errors\":[");
  buf_text(out, buf_done(&hashing.errors));
  buf_format(out, "],\"unreadableDirectories\":%llu,\"bytes\":%llu,\"display\":", (unsigned long long)walked.unreadable,
             (unsigned long long)hashing.bytes);
  json_write_string(out, buf_done(&hashing.table));
  buf_char(out, '}');
}

typedef struct {
  Text hex, path;
} Expected;

// One line as sha256sum writes it (`HEX  PATH` or `HEX *PATH`) or as BSD tools do (`SHA256 (PATH) = HEX`).
static bool read_line(Text line, Expected *into) {
  while (line.len && (line.at[line.len - 1] == '\r' || line.at[line.len - 1] == ' ')) line.len--;
  size_t open = text_find(line, (Text){" (", 2}, 0), close = SIZE_MAX;
  for (size_t at = open; at != SIZE_MAX; at = text_find(line, (Text){") = ", 4}, at + 1)) close = at == open ? close : at;
  if (open != SIZE_MAX && close != SIZE_MAX) {
    *into = (Expected){{line.at + close + 4, line.len - close - 4}, {line.at + open + 2, close - open - 2}};
  } else {
    size_t space = text_find(line, (Text){" ", 1}, 0);
    if (space == SIZE_MAX || line.len - space < 3 || (line.at[space + 1] != ' ' && line.at[space + 1] != '*')) return false;
    *into = (Expected){{line.at, space}, {line.at + space + 2, line.len - space - 2}};
  }
  for (size_t i = 0; i < into->hex.len; i++) {
    if (hex_digit(into->hex.at[i]) < 0) return false;
  }
  return into->hex.len > 0 && into->path.len > 0;
}

static Algorithm algorithm_of_length(size_t digits) {
  for (int i = 0; i < ALGORITHM_COUNT; i++) {
    if (ALGORITHMS[i].size * 2 == digits) return (Algorithm)i;
  }
  fail("a digest of %zu digits: none of sha256 (64), sha512 (128), sha1 (40), md5 (32), crc32 (8)", digits);
}

static const char *check_one(Expected expected) {
  Algorithm algorithm = algorithm_of_length(expected.hex.len);
  Text path = workspace_path(expected.path);
  if (memchr(path.at, 0, path.len)) return "unreadable";
  int fd = open_at(workspace_open(), text_zero(path), false);
  if (fd < 0) return errno == ENOENT ? "missing" : "unreadable";
  uint8_t bytes[64];
  uint64_t size;
  bool read = digest_file(fd, algorithm, bytes, &size);
  close(fd);
  if (!read) return "unreadable";
  for (size_t i = 0; i < ALGORITHMS[algorithm].size; i++) {
    if (hex_digit(expected.hex.at[2 * i]) * 16 + hex_digit(expected.hex.at[2 * i + 1]) != bytes[i]) return "different";
  }
  return "ok";
}

static void run_verify(const Json *args, Buf *out) {
  Text list = arg_input(args, "list", "file");
  size_t good = 0, bad = 0, malformed = 0;
  Buf table = {0};
  buf_str(&table, "| File | Result |\n| --- | --- |\n");
  buf_str(out, "{\"files\":[");
  while (list.len) {
    const char *newline = memchr(list.at, '\n', list.len);
    size_t len = newline ? (size_t)(newline - list.at) : list.len;
    Text line = {list.at, len};
    list = (Text){list.at + len + (newline ? 1 : 0), list.len - len - (newline ? 1 : 0)};
    if (line.len == 0 || text_is(line, "\r") || line.at[0] == '#') continue;
    Expected expected;
    if (!read_line(line, &expected)) {
      malformed++;
      continue;
    }
    const char *result = check_one(expected);
    bool ok = strcmp(result, "ok") == 0;
    buf_str(out, good + bad ? ",{\"path\":" : "{\"path\":");
    json_write_string(out, expected.path);
    buf_format(out, ",\"result\":\"%s\"}", result);
    *(ok ? &good : &bad) += 1;
    if ((good + bad) % PROGRESS_EVERY == 0) progress(good + bad, 0, "files");
    buf_str(&table, "| ");
    buf_cell(&table, expected.path, 300);
    buf_format(&table, ok ? " | %s |\n" : " | **%s** |\n", result);
  }
  if (good + bad + malformed == 0) fail("the list is empty");
  buf_format(&table, "\n%zu of %zu agree.\n", good, good + bad);
  if (malformed) buf_format(&table, "%zu lines are not of the form `HEX  PATH`.\n", malformed);
  buf_format(out, "],\"agree\":%zu,\"fail\":%zu,\"malformed\":%zu,\"exit\":%d,\"display\":", good, bad, malformed,
             bad || malformed ? 1 : 0);
  json_write_string(out, buf_done(&table));
  buf_char(out, '}');
}

int main(int argc, char **argv) {
  static const ToolEntry tools[] = {{"text", run_text}, {"files", run_files}, {"verify", run_verify}};
  return call_main(argc, argv, tools, sizeof tools / sizeof *tools);
}
