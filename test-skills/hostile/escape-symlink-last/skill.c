#include "../../guest/guest.h"

int main(void) {
  read_try("relative", WORKSPACE, "out");
  read_try("absolute", WORKSPACE, "abs");
  read_try("dangling", WORKSPACE, "dangling");
  read_try("circle", WORKSPACE, "circle");
  read_try("inside", WORKSPACE, "in");
  int fd;
  tried("not-followed", path_open(WORKSPACE, 0, "in", 2, 0, RIGHTS_READ, RIGHTS_ALL, 0, &fd));
  write_try("create-through", WORKSPACE, "dangling-out", CREATE);
  write_try("truncate", WORKSPACE, "out", TRUNCATE);
  char stat[64];
  tried("stat", path_filestat_get(WORKSPACE, FOLLOW, "out", 3, stat));
  tried("times", path_filestat_set_times(WORKSPACE, FOLLOW, "out", 3, 0, 0, 1));
  finish();
}
