#include "../../guest/guest.h"

int main(void) {
  int skill = mount("/skill"), fd;
  tried("module", open_read(skill, "skill.wasm", &fd));
  char bytes[4] = {0};
  Vec vec = {bytes, 4};
  size_t got = 0;
  fd_read(fd, &vec, 1, &got);
  counted("magic", bytes[0] == 0 && bytes[1] == 'a' && bytes[2] == 's' && bytes[3] == 'm');
  finish();
}
