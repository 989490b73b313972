#include "../../guest/guest.h"

static char name[1 << 20];

int main(void) {
  int fd;
  for (size_t i = 0; i < sizeof name; i++) name[i] = 'n';
  tried("segment-256", path_open(WORKSPACE, FOLLOW, name, 256, CREATE, RIGHTS_WRITE, 0, 0, &fd));
  tried("segment-1mib", path_open(WORKSPACE, FOLLOW, name, sizeof name, 0, RIGHTS_READ, 0, 0, &fd));
  tried("empty", path_open(WORKSPACE, FOLLOW, name, 0, 0, RIGHTS_READ, 0, 0, &fd));
  for (size_t i = 1; i < sizeof name; i += 2) name[i] = '/';
  tried("deep-1mib", path_open(WORKSPACE, FOLLOW, name, sizeof name, 0, RIGHTS_READ, 0, 0, &fd));
  tried("mkdir-1mib", path_create_directory(WORKSPACE, name, sizeof name));
  tried("symlink-1mib", path_symlink(name, sizeof name, WORKSPACE, "l", 1));
  for (size_t i = 0; i < sizeof name; i++) name[i] = i % 2 ? '/' : '.';
  tried("dots-1mib", path_open(WORKSPACE, FOLLOW, name, sizeof name, 0, RIGHTS_READ, 0, 0, &fd));
  finish();
}
