#include "../../guest/guest.h"

int main(void) {
  static const char text[] = "{\"__proto__\":{\"polluted\":true},\"constructor\":1}";
  write_all(1, text, sizeof text - 1);
}
