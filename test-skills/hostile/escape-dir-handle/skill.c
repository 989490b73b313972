#include "../../guest/guest.h"

int main(void) {
  int sub = -1;
  tried("open", path_open(WORKSPACE, FOLLOW, "sub", 3, DIRECTORY, RIGHTS_READ, RIGHTS_ALL, 0, &sub));
  read_try("up", sub, "../a.txt");
  read_try("up-up", sub, "../../outside/secret.txt");
  tried("move", path_rename(WORKSPACE, "sub", 3, WORKSPACE, "moved", 5));
  read_try("after-move", sub, "../../outside/secret.txt");
  read_try("below", sub, "b.txt");
  finish();
}
