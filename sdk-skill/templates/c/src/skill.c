#include "wirken.h"

static void greet(wk_text input) {
  wk_text name = wk_arg_text(input, "name", "world");
  printf("Hello, %.*s!\n", (int)name.len, name.at);
}

static void count(wk_text input) {
  wk_text file = wk_arg_text(input, "file", "");
  wk_text text = wk_read_file(file.at);
  size_t lines = 0, words = 0;
  for (size_t i = 0; i < text.len; i++) {
    bool blank = strchr(" \n\t\r", text.at[i]) != NULL;
    lines += text.at[i] == '\n';
    words += !blank && (i == 0 || strchr(" \n\t\r", text.at[i - 1]) != NULL);
  }
  printf("{\"bytes\":%zu,\"words\":%zu,\"lines\":%zu}", text.len, words, lines);
}

int main(int argc, char **argv) {
  static const wk_tool tools[] = {{"greet", greet}, {"count", count}};
  return wk_main(argc, argv, tools, sizeof tools / sizeof *tools);
}
