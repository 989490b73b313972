#include "../../guest/guest.h"

int main(void) {
  read_try("a", WORKSPACE, "a.txt");
  read_try("sub", WORKSPACE, "sub/b.txt");
  read_try("missing", WORKSPACE, "missing.txt");
  read_try("link", WORKSPACE, "link");
  finish();
}
