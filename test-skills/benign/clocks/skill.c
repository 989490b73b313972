#include "../../guest/guest.h"

int main(void) {
  uint64_t wall = 0, first = 0, second = 0;
  tried("wall", clock_time_get(0, 0, &wall));
  tried("monotonic", clock_time_get(1, 0, &first));
  clock_time_get(1, 0, &second);
  counted("forwards", second >= first);
  counted("coarse", wall % 1000000 == 0 && first % 1000000 == 0);
  counted("this-century", wall > 1700000000000000000ull);
  tried("cpu", clock_time_get(77, 0, &wall));
  finish();
}
