#include "../../guest/guest.h"

int main(void) {
  read_try("read", WORKSPACE, "pipe");
  write_try("write", WORKSPACE, "pipe", 0);
  write_try("create", WORKSPACE, "pipe", CREATE | TRUNCATE);
  read_try("through-link", WORKSPACE, "link");
  finish();
}
