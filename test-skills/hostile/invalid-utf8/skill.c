#include "../../guest/guest.h"

int main(void) {
  int fd;
  tried("lone", path_open(WORKSPACE, FOLLOW, "a\xff", 2, CREATE, RIGHTS_WRITE, 0, 0, &fd));
  tried("overlong", path_open(WORKSPACE, FOLLOW, "\xc0\xae\xc0\xae/outside/secret.txt", 23, 0, RIGHTS_READ, 0, 0, &fd));
  tried("surrogate", path_create_directory(WORKSPACE, "\xed\xa0\x80", 3));
  tried("target", path_symlink("\xff", 1, WORKSPACE, "l", 1));
  static char buffer[4096];
  size_t used = 0;
  tried("list", fd_readdir(WORKSPACE, buffer, sizeof buffer, 0, &used));
  finish();
}
