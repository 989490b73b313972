#include "../../guest/guest.h"

int main(void) {
  static const char lines[] = "starting\n{\"progress\":{\"done\":1,\"total\":2}}\n{\"progress\":{\"done\":2,\"total\":2,\"message\":\"done\"}}\nfinished\n";
  write_all(2, lines, sizeof lines - 1);
  finish();
}
