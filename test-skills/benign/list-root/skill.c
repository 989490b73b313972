#include "../../guest/guest.h"

int main(void) {
  static char buffer[1024];
  size_t used = 0, sub_used = 0;
  int root = -1, sub = -1;
  tried("open", path_open(WORKSPACE, FOLLOW, ".", 1, DIRECTORY, RIGHTS_READ, RIGHTS_ALL, 0, &root));
  tried("list", fd_readdir(root, buffer, sizeof buffer, 0, &used));
  tried("open-sub", path_open(root, FOLLOW, "sub", 3, DIRECTORY, RIGHTS_READ, RIGHTS_ALL, 0, &sub));
  tried("list-sub", fd_readdir(sub, buffer, sizeof buffer, 0, &sub_used));
  counted("bytes", used);
  counted("bytes-sub", sub_used);
  read_try("read", root, "a.txt");
  finish();
}
