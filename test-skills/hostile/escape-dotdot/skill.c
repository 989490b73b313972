#include "../../guest/guest.h"

int main(void) {
  read_try("up", WORKSPACE, "../outside/secret.txt");
  read_try("down-and-up", WORKSPACE, "sub/../../outside/secret.txt");
  read_try("many", WORKSPACE, "sub/../../../../../../../../../../etc/hostname");
  read_try("dots-and-slashes", WORKSPACE, ".//./..//outside/./secret.txt");
  read_try("to-itself", WORKSPACE, "../ws/a.txt");
  write_try("write", WORKSPACE, "../outside/new.txt", CREATE);
  tried("mkdir", path_create_directory(WORKSPACE, "../outside/dir", 14));
  tried("unlink", path_unlink_file(WORKSPACE, "../outside/secret.txt", 21));
  tried("rename-out", path_rename(WORKSPACE, "a.txt", 5, WORKSPACE, "../outside/a.txt", 16));
  tried("rename-in", path_rename(WORKSPACE, "../outside/secret.txt", 21, WORKSPACE, "stolen", 6));
  tried("link-in", path_link(WORKSPACE, 0, "../outside/secret.txt", 21, WORKSPACE, "stolen", 6));
  char stat[64];
  tried("stat", path_filestat_get(WORKSPACE, 0, "../outside/secret.txt", 21, stat));
  tried("times", path_filestat_set_times(WORKSPACE, 0, "../outside/secret.txt", 21, 0, 0, 1));
  int fd = -1;
  tried("open-up", path_open(WORKSPACE, FOLLOW, "..", 2, DIRECTORY, RIGHTS_READ, RIGHTS_ALL, 0, &fd));
  read_try("within", WORKSPACE, "sub/../a.txt");
  finish();
}
