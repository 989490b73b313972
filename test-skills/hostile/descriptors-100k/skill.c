#include "../../guest/guest.h"

int main(void) {
  uint64_t opened = 0, full = 0, other = 0;
  for (int i = 0; i < 100000; i++) {
    int fd;
    int error = open_read(WORKSPACE, "a.txt", &fd);
    if (error == 0) {
      opened++;
    } else if (error == 33) {
      full++;
    } else {
      other++;
    }
  }
  counted("few", opened <= 256);
  counted("sum", opened + full);
  counted("other", other);
  finish();
}
