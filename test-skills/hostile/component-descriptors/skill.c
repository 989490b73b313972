#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int main(void) {
  int opened = 0;
  while (opened < 5000 && open("/workspace/a.txt", O_RDONLY) >= 0) opened++;
  printf("{\"few\":%d}\n", opened > 0 && opened <= 256);
}
