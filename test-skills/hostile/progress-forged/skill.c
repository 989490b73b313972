#include "../../guest/guest.h"

int main(void) {
  static const char lines[] =
      "{\"progress\":{\"done\":-1}}\n{\"progress\":{\"done\":\"x\"}}\n{\"progress\":[]}\n{\"progress\":{\"done\":1e999}}\n"
      "{\"__proto__\":{\"progress\":{\"done\":1}}}\n{\"progress\":{\"done\":3,\"message\":\"\\u001b[2J\"}}\n";
  write_all(2, lines, sizeof lines - 1);
  finish();
}
