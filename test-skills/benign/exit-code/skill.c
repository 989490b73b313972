#include "../../guest/guest.h"

int main(void) {
  write_all(1, "{\"exit\":1}", 10);
}
