#include "../../guest/guest.h"

int main(void) {
  write_try("create", WORKSPACE, "new.txt", CREATE | EXCLUSIVE);
  write_try("exists", WORKSPACE, "new.txt", CREATE | EXCLUSIVE);
  write_try("truncate", WORKSPACE, "a.txt", TRUNCATE);
  tried("mkdir", path_create_directory(WORKSPACE, "d", 1));
  tried("rename", path_rename(WORKSPACE, "new.txt", 7, WORKSPACE, "d/moved.txt", 11));
  tried("unlink", path_unlink_file(WORKSPACE, "sub/b.txt", 9));
  tried("rmdir", path_remove_directory(WORKSPACE, "sub", 3));
  read_try("back", WORKSPACE, "d/moved.txt");
  finish();
}
