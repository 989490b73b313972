#include "../../guest/guest.h"

int main(void) {
  tried("absolute", path_symlink("/etc", 4, WORKSPACE, "l1", 2));
  tried("up", path_symlink("../outside", 10, WORKSPACE, "l2", 2));
  tried("through", path_symlink("sub/../../outside", 17, WORKSPACE, "l3", 2));
  read_try("read-l1", WORKSPACE, "l1/hostname");
  read_try("read-l2", WORKSPACE, "l2/secret.txt");
  read_try("read-l3", WORKSPACE, "l3/secret.txt");
  tried("deep", path_symlink("../a.txt", 8, WORKSPACE, "sub/l4", 6));
  tried("move-up", path_rename(WORKSPACE, "sub/l4", 6, WORKSPACE, "l4", 2));
  read_try("read-l4", WORKSPACE, "l4");
  read_try("read-sub-l4", WORKSPACE, "sub/l4");
  tried("via-dir", path_symlink("..", 2, WORKSPACE, "sub/up", 6));
  read_try("read-up-up", WORKSPACE, "sub/up/../outside/secret.txt");
  finish();
}
