#include "../../guest/guest.h"

static char chunk[1 << 20];

int main(void) {
  int tmp = mount("/tmp"), fd, error = 0;
  uint64_t mib = 0;
  tried("open", open_write(tmp, "big", CREATE, &fd));
  while (mib < 100) {
    Vec vec = {chunk, sizeof chunk};
    size_t written;
    error = fd_write(fd, &vec, 1, &written);
    if (error || written < sizeof chunk) break;
    mib++;
  }
  counted("stopped", mib <= 64);
  tried("write", error);
  finish();
}
