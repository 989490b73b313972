#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  printf("{\"create\":%d,\"truncate\":%d,\"mkdir\":%d,\"unlink\":%d}\n", open("/workspace/new.txt", O_WRONLY | O_CREAT, 0600) >= 0,
         open("/workspace/a.txt", O_WRONLY | O_TRUNC) >= 0, mkdir("/workspace/d", 0700) == 0, unlink("/workspace/a.txt") == 0);
}
