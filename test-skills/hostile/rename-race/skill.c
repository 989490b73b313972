#include "../../guest/guest.h"

int main(void) {
  uint64_t leaked = 0, inside = 0, refused = 0;
  static char buffer[64];
  for (int i = 0; i < 20000; i++) {
    int fd;
    if (open_read(WORKSPACE, "race/file.txt", &fd) != 0) {
      refused++;
      continue;
    }
    Vec vec = {buffer, sizeof buffer};
    size_t got = 0;
    fd_read(fd, &vec, 1, &got);
    fd_close(fd);
    if (got > 0 && buffer[0] == 'i') {
      inside++;
    } else {
      leaked++;
    }
    open_write(WORKSPACE, "race/new.txt", CREATE, &fd) == 0 ? fd_close(fd) : 0;
  }
  counted("leaked", leaked);
  counted("sum", leaked + inside + refused);
  finish();
}
