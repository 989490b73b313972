#include "../../guest/guest.h"

int main(void) {
  read_try("read", WORKSPACE, "hard");
  write_try("write", WORKSPACE, "hard", 0);
  write_try("truncate", WORKSPACE, "hard", TRUNCATE);
  tried("times", path_filestat_set_times(WORKSPACE, 0, "hard", 4, 0, 0, 1));
  finish();
}
