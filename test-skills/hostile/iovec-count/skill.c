#include "../../guest/guest.h"

int main(void) {
  size_t written = 7;
  static Vec vecs[4000];
  tried("all-ones", fd_write(1, vecs, ~(size_t)0, &written));
  tried("2gib", fd_write(2, vecs, 0x10000000, &written));
  tried("too-many", fd_write(2, vecs, 4000, &written));
  tried("read-all-ones", fd_read(0, vecs, ~(size_t)0, &written));
  tried("none", fd_write(2, vecs, 0, &written));
  Vec huge[2] = {{"x", 0xffffffff}, {"x", 0xffffffff}};
  tried("length", fd_write(2, huge, 2, &written));
  tried("read-length", fd_read(0, huge, 2, &written));
  finish();
}
