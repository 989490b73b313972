#include "../../guest/guest.h"

static char chunk[65536];

int main(void) {
  for (size_t i = 0; i < sizeof chunk; i++) chunk[i] = 'x';
  for (;;) write_all(1, chunk, sizeof chunk);
}
