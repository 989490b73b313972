#include "../../guest/guest.h"

int main(void) {
  read_try("etc", WORKSPACE, "/etc/hostname");
  read_try("own", WORKSPACE, "/workspace/a.txt");
  read_try("root", WORKSPACE, "/");
  write_try("write", WORKSPACE, "/tmp/wirken-test-escape", CREATE);
  tried("mkdir", path_create_directory(WORKSPACE, "/tmp/wirken-test-dir", 20));
  finish();
}
