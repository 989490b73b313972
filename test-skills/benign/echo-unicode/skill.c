#include "../../guest/guest.h"

int main(void) {
  static char buffer[65536];
  Vec vec = {buffer, sizeof buffer};
  size_t got = 0;
  fd_read(0, &vec, 1, &got);
  write_all(1, buffer, got);
}
