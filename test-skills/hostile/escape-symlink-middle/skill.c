#include "../../guest/guest.h"

int main(void) {
  read_try("relative", WORKSPACE, "out/secret.txt");
  read_try("absolute", WORKSPACE, "abs/secret.txt");
  read_try("root", WORKSPACE, "root/etc/hostname");
  read_try("chain", WORKSPACE, "chain/secret.txt");
  write_try("write", WORKSPACE, "out/new.txt", CREATE);
  write_try("truncate", WORKSPACE, "out/secret.txt", TRUNCATE);
  tried("mkdir", path_create_directory(WORKSPACE, "out/dir", 7));
  tried("unlink", path_unlink_file(WORKSPACE, "out/secret.txt", 14));
  tried("rename", path_rename(WORKSPACE, "a.txt", 5, WORKSPACE, "out/a.txt", 9));
  tried("link", path_link(WORKSPACE, 0, "out/secret.txt", 14, WORKSPACE, "stolen", 6));
  read_try("inside", WORKSPACE, "in/b.txt");
  finish();
}
