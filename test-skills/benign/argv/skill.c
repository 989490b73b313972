#include "../../guest/guest.h"

int main(void) {
  size_t count = 0, size = 0, variables = 9, bytes = 9;
  char *argv[4];
  char buffer[64];
  args_sizes_get(&count, &size);
  args_get(argv, buffer);
  environ_sizes_get(&variables, &bytes);
  counted("count", count);
  told("skill", argv[0], len_of(argv[0]));
  told("tool", argv[1], len_of(argv[1]));
  counted("variables", variables);
  finish();
}
