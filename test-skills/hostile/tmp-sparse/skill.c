#include "../../guest/guest.h"

int main(void) {
  int tmp = mount("/tmp"), fd;
  size_t written;
  Vec vec = {"x", 1};
  tried("open", open_write(tmp, "sparse", CREATE, &fd));
  tried("size", fd_filestat_set_size(fd, 1ull << 40));
  tried("size-all-ones", fd_filestat_set_size(fd, ~0ull));
  tried("far", fd_pwrite(fd, &vec, 1, 1ull << 40, &written));
  tried("allocate", fd_allocate(fd, 0, 1ull << 40));
  finish();
}
