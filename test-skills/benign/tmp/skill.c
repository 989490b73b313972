#include "../../guest/guest.h"

int main(void) {
  int tmp = mount("/tmp");
  read_try("before", tmp, "note.txt");
  write_try("write", tmp, "note.txt", CREATE);
  read_try("after", tmp, "note.txt");
  tried("mkdir", path_create_directory(tmp, "d", 1));
  tried("rename", path_rename(tmp, "note.txt", 8, tmp, "d/note.txt", 10));
  read_try("moved", tmp, "d/note.txt");
  finish();
}
