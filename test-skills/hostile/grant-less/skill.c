#include "../../guest/guest.h"

int main(void) {
  counted("mounted", mount("/workspace") >= 0);
  finish();
}
