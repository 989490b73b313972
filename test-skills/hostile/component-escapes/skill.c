#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *between = "{";

static void attempt(const char *path, int flags) {
  char bytes[64];
  int fd = open(path, flags, 0600);
  printf("%s\"%s\":\"", between, path);
  between = ",";
  if (fd < 0) {
    printf("refused\"");
    return;
  }
  ssize_t got = read(fd, bytes, sizeof bytes - 1);
  bytes[got < 0 ? 0 : got] = 0;
  printf("%s\"", bytes);
  close(fd);
}

int main(void) {
  attempt("/workspace/a.txt", O_RDONLY);
  attempt("/workspace/../outside/secret.txt", O_RDONLY);
  attempt("/workspace/sub/../../outside/secret.txt", O_RDONLY);
  attempt("/workspace/out/secret.txt", O_RDONLY);
  attempt("/workspace/abs/secret.txt", O_RDONLY);
  attempt("/workspace/link", O_RDONLY);
  attempt("/workspace/out/new.txt", O_WRONLY | O_CREAT);
  attempt("/workspace/pipe", O_RDONLY);
  attempt("/etc/hostname", O_RDONLY);
  attempt("/proc/self/environ", O_RDONLY);
  printf(",\"symlink\":%d,\"rename\":%d}\n", symlink("/etc", "/workspace/etc") == 0,
         rename("/workspace/a.txt", "/workspace/../outside/a.txt") == 0);
}
