#include "../../guest/guest.h"

int main(void) {
  size_t end = __builtin_wasm_memory_size(0) * 65536u;
  char *last = (char *)end;
  size_t written = 0;
  Vec vec = {"x", 1}, across = {last - 1, 2}, behind = {(char *)0xfffffff0, 32};
  tried("vecs-at-end", fd_write(2, (Vec *)last, 1, &written));
  tried("vecs-across", fd_write(2, (Vec *)(last - 4), 1, &written));
  tried("vecs-last", fd_write(2, (Vec *)0xfffffffc, 1, &written));
  tried("data-across", fd_write(2, &across, 1, &written));
  tried("data-wraps", fd_write(2, &behind, 1, &written));
  tried("result-at-end", fd_write(2, &vec, 1, (size_t *)last));
  tried("result-across", fd_write(2, &vec, 1, (size_t *)(last - 2)));
  tried("args", args_get(last, last));
  tried("args-sizes", args_sizes_get(last - 2, last));
  tried("clock", clock_time_get(0, 0, (uint64_t *)(last - 4)));
  tried("random", random_get(last - 8, 9));
  tried("random-huge", random_get(0, 0xffffffff));
  tried("stat", fd_filestat_get(1, last - 63));
  tried("poll", poll_oneoff(last - 47, last, 1, &written));
  tried("poll-count", poll_oneoff(0, 0, 0x7fffffff, &written));
  tried("prestat", fd_prestat_dir_name(3, last - 2, 6));
  tried("path", path_open(3, 0, last - 1, 2, 0, 0, 0, 0, (int *)&written));
  tried("path-huge", path_open(3, 0, 0, 0xffffffff, 0, 0, 0, 0, (int *)&written));
  tried("readdir", fd_readdir(3, last - 1, 64, 0, &written));
  finish();
}
