#include "../../guest/guest.h"

int main(void) {
  static char line[1024];
  for (size_t i = 0; i < sizeof line; i++) line[i] = 'e';
  line[sizeof line - 1] = '\n';
  for (int i = 0; i < 20000; i++) write_all(2, line, sizeof line);
  write_all(2, "the end\n", 8);
  counted("lines", 20000);
  finish();
}
