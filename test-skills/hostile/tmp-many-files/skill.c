#include "../../guest/guest.h"

int main(void) {
  int tmp = mount("/tmp"), error = 0;
  uint64_t made = 0;
  for (; made < 2000000; made++) {
    char name[] = "f00000000";
    uint64_t n = made;
    for (int i = 8; i > 0; i--, n /= 10) name[i] = (char)('0' + n % 10);
    int fd;
    error = open_write(tmp, name, CREATE, &fd);
    if (error) break;
    fd_close(fd);
  }
  counted("stopped", made < 2000000);
  finish();
}
