#include "../../guest/guest.h"

int main(void) { proc_exit(-1); }
