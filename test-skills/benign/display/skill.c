#include "../../guest/guest.h"

int main(void) {
  static const char text[] = "{\"a/b\":{\"~\":\"**bold**\"}}";
  write_all(1, text, sizeof text - 1);
}
