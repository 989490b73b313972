#include "../../guest/guest.h"

int main(void) {
  uint64_t a = 0, b = 0;
  tried("first", random_get(&a, 8));
  tried("second", random_get(&b, 8));
  counted("differ", a != b);
  finish();
}
