#include "../../guest/guest.h"

int main(void) {
  write_all(1, "plain text\n", 11);
}
