#include "../../guest/guest.h"

int main(void) {
  static char chunk[4096];
  for (size_t i = 0; i < sizeof chunk; i++) chunk[i] = 'x';
  for (int i = 0; i < 256; i++) write_all(1, chunk, sizeof chunk);
}
