#include "../../guest/guest.h"

static char chunk[1 << 20];

int main(void) {
  int fd, error = 0;
  uint64_t mib = 0;
  tried("open", open_write(WORKSPACE, "out.bin", CREATE | TRUNCATE, &fd));
  while (mib < 80) {
    Vec vec = {chunk, sizeof chunk};
    size_t written;
    error = fd_pwrite(fd, &vec, 1, 0, &written);
    if (error) break;
    mib++;
  }
  counted("mib", mib);
  tried("write", error);
  tried("grow", fd_filestat_set_size(fd, 1ull << 36));
  tried("unlink", path_unlink_file(WORKSPACE, "out.bin", 7));
  finish();
}
