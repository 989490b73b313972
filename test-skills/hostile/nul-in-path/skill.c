#include "../../guest/guest.h"

int main(void) {
  int fd;
  tried("file", path_open(WORKSPACE, FOLLOW, "a.txt\0.png", 10, 0, RIGHTS_READ, RIGHTS_ALL, 0, &fd));
  tried("only", path_open(WORKSPACE, FOLLOW, "\0", 1, 0, RIGHTS_READ, RIGHTS_ALL, 0, &fd));
  tried("trailing", path_open(WORKSPACE, FOLLOW, "a.txt\0", 6, 0, RIGHTS_READ, RIGHTS_ALL, 0, &fd));
  tried("escape", path_open(WORKSPACE, FOLLOW, "sub/\0/../../outside/secret.txt", 30, 0, RIGHTS_READ, RIGHTS_ALL, 0, &fd));
  tried("mkdir", path_create_directory(WORKSPACE, "d\0x", 3));
  tried("symlink", path_symlink("a\0b", 3, WORKSPACE, "l", 1));
  finish();
}
