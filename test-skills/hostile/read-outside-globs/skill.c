#include "../../guest/guest.h"

int main(void) {
  read_try("granted", WORKSPACE, "src/x.c");
  read_try("beside", WORKSPACE, "a.txt");
  read_try("hidden", WORKSPACE, "src/.env");
  read_try("link", WORKSPACE, "src/link");
  read_try("dots", WORKSPACE, "src/../a.txt");
  read_try("case", WORKSPACE, "SRC/x.c");
  char stat[64];
  tried("stat", path_filestat_get(WORKSPACE, 0, "a.txt", 5, stat));
  char target[64];
  size_t used = 0;
  tried("readlink", path_readlink(WORKSPACE, "src/link", 8, target, sizeof target, &used));
  static char buffer[1024];
  tried("list", fd_readdir(WORKSPACE, buffer, sizeof buffer, 0, &used));
  int others = 0;
  for (size_t i = 0; i + 3 < used; i++) others += buffer[i] == 'a' && buffer[i + 1] == '.' && buffer[i + 2] == 't';
  counted("listed-beside", (uint64_t)others);
  finish();
}
