#include <stdio.h>

int main(void) {
  for (int i = 0; i < 50000; i++) fputs("flood flood flood flood flood flood flood flood flood flood flood\n", stderr);
  puts("{}");
}
