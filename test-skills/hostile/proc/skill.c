#include "../../guest/guest.h"

int main(void) {
  read_try("environ", WORKSPACE, "/proc/self/environ");
  read_try("relative", WORKSPACE, "../../../../../../proc/self/environ");
  read_try("link", WORKSPACE, "p/environ");
  read_try("root", WORKSPACE, "p/root/etc/hostname");
  read_try("fd", WORKSPACE, "fd/0");
  read_try("cwd", WORKSPACE, "cwd");
  finish();
}
