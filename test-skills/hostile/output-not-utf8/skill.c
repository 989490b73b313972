#include "../../guest/guest.h"

int main(void) {
  static const char text[] = "{\"a\":\"\xff\xfe\"}";
  write_all(1, text, sizeof text - 1);
}
