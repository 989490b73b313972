// The call: argv = [skill, tool], stdin = one JSON object; what a tool reads of the workspace.
#pragma once
#include "json.h"

#define CALL_MAX_INPUT_BYTES (16u << 20)
#define CALL_MAX_FILE_BYTES (32u << 20)

typedef struct {
  const char *name;
  void (*run)(const Json *args, Buf *out);
} ToolEntry;

// Reads the arguments, runs the tool that argv names (the first without a name) and writes what it put into its buffer.
int call_main(int argc, char **argv, const ToolEntry *tools, size_t count);

// Arguments by name; each fails with a message when the type is another.
bool arg_has(const Json *args, const char *name);
Text arg_text(const Json *args, const char *name, const char *otherwise);
bool arg_flag(const Json *args, const char *name, bool otherwise);
long arg_int(const Json *args, const char *name, long otherwise, long min, long max);
// An array of strings; NULL and 0 if absent. One string counts as an array of one.
size_t arg_texts(const Json *args, const char *name, Text **into);

// The text of `inline_name` or the bytes of the workspace file that `file_name` names; fails unless exactly one is there.
Text arg_input(const Json *args, const char *inline_name, const char *file_name);

// Opens the workspace, or fails saying that the skill got none. The caller never closes it.
int workspace_open(void);
// Opens a file or directory below `dir` for reading without following a symlink in the last segment; -1 and errno.
int open_at(int dir, const char *path, bool directory);
// Reads an open file to its end into `into` (from its start); false and errno when reading fails or it exceeds `max` bytes (EFBIG).
bool read_whole(int fd, Buf *into, size_t max);
// A workspace file by path as a person writes it; fails with a message.
Text read_file(Text path);
// The same path, spelled relative to the workspace: without a leading /workspace/ or ./ or trailing /.
Text workspace_path(Text path);
