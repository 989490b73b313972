#include "../../guest/guest.h"

int main(void) {}
