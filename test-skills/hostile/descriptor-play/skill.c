#include "../../guest/guest.h"

int main(void) {
  size_t written;
  Vec vec = {"x", 1};
  tried("close-unknown", fd_close(99));
  tried("close-negative", fd_close(-1));
  tried("write-unknown", fd_write(77, &vec, 1, &written));
  tried("renumber-far", fd_renumber(3, 0x7fffffff));
  tried("renumber-unknown", fd_renumber(50, 51));
  tried("close-preopen", fd_close(3));
  tried("use-closed", fd_close(3));
  tried("close-stdin", fd_close(0));
  tried("write-stdin", fd_write(0, &vec, 1, &written));
  finish();
}
