#include "../../guest/guest.h"

int main(void) {
  struct {
    uint64_t userdata;
    uint64_t kind;
    uint64_t clock;
    uint64_t timeout, precision;
    uint64_t flags;
  } subscription = {0, 0, 1, 3600000000000ull, 0, 0};
  char event[32];
  size_t events;
  tried("poll", poll_oneoff(&subscription, event, 1, &events));
  finish();
}
