#include "../../guest/guest.h"

int main(void) {
  int skill = mount("/skill");
  write_try("create", skill, "new.txt", CREATE);
  write_try("write", skill, "skill.wasm", 0);
  tried("mkdir", path_create_directory(skill, "d", 1));
  tried("unlink", path_unlink_file(skill, "skill.wasm", 10));
  tried("rename", path_rename(skill, "skill.wasm", 10, skill, "x", 1));
  read_try("signature", skill, "SKILL.sig");
  read_try("up", skill, "../secret.txt");
  read_try("absolute", skill, "/etc/hostname");
  finish();
}
