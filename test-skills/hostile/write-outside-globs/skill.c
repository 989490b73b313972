#include "../../guest/guest.h"

int main(void) {
  write_try("granted", WORKSPACE, "out/ok.txt", CREATE);
  write_try("beside", WORKSPACE, "a.txt", TRUNCATE);
  write_try("new", WORKSPACE, "new.txt", CREATE);
  write_try("dots", WORKSPACE, "out/../a.txt", 0);
  write_try("link", WORKSPACE, "out/link", TRUNCATE);
  write_try("prefix", WORKSPACE, "out2/x.txt", CREATE);
  tried("rename-in", path_rename(WORKSPACE, "a.txt", 5, WORKSPACE, "out/a.txt", 9));
  tried("rename-out", path_rename(WORKSPACE, "out/ok.txt", 10, WORKSPACE, "b.txt", 5));
  tried("link-in", path_link(WORKSPACE, 0, "a.txt", 5, WORKSPACE, "out/hard.txt", 12));
  tried("unlink", path_unlink_file(WORKSPACE, "a.txt", 5));
  finish();
}
