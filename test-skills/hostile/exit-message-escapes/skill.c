#include "../../guest/guest.h"

int main(void) {
  static const char text[] = "\x1b[2J\x1b[31mgranted\x1b[0m \xe2\x80\xaetxt.exe\n";
  write_all(2, text, sizeof text - 1);
  proc_exit(1);
}
