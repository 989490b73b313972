#include "../../guest/guest.h"

int main(void) {
  write_try("create", WORKSPACE, "new.txt", CREATE);
  write_try("write", WORKSPACE, "a.txt", 0);
  write_try("truncate", WORKSPACE, "a.txt", TRUNCATE);
  tried("mkdir", path_create_directory(WORKSPACE, "d", 1));
  tried("rmdir", path_remove_directory(WORKSPACE, "sub", 3));
  tried("unlink", path_unlink_file(WORKSPACE, "a.txt", 5));
  tried("rename", path_rename(WORKSPACE, "a.txt", 5, WORKSPACE, "b.txt", 5));
  tried("link", path_link(WORKSPACE, 0, "a.txt", 5, WORKSPACE, "b.txt", 5));
  tried("symlink", path_symlink("a.txt", 5, WORKSPACE, "l", 1));
  tried("times", path_filestat_set_times(WORKSPACE, 0, "a.txt", 5, 0, 0, 1));
  int fd;
  open_read(WORKSPACE, "a.txt", &fd);
  size_t written;
  Vec vec = {"owned", 5};
  tried("write-read-fd", fd_write(fd, &vec, 1, &written));
  tried("resize-read-fd", fd_filestat_set_size(fd, 0));
  read_try("read", WORKSPACE, "a.txt");
  finish();
}
