#include "language.h"

#include <string.h>

#define C_LIKE {"//"}, "/*", "*/", false
#define HASH {"#"}, NULL, NULL, false
#define MARKUP {NULL}, "<!--", "-->", false

const Language LANGUAGES[] = {
    {"Ada", "ada adb ads", {"--"}, NULL, NULL, false, "\"", ""},
    {"Assembly", "asm s", {";", "#"}, "/*", "*/", false, "\"", ""},
    {"Astro", "astro", {"//"}, "<!--", "-->", false, "\"'", "`"},
    {"Batch", "bat cmd", {"REM ", "::"}, NULL, NULL, false, "", ""},
    {"C", "c", C_LIKE, "\"'", ""},
    {"C header", "h", C_LIKE, "\"'", ""},
    {"C#", "cs csx", C_LIKE, "\"'", ""},
    {"C++", "cc cpp cxx c++ hh hpp hxx ipp inl", C_LIKE, "\"'", ""},
    {"CMake", "cmake /cmakelists.txt", HASH, "\"", ""},
    {"CSS", "css", {NULL}, "/*", "*/", false, "\"'", ""},
    {"CSV", "csv tsv", {NULL}, NULL, NULL, false, "", ""},
    {"Cap'n Proto", "capnp", HASH, "\"", ""},
    {"Clojure", "clj cljs cljc edn", {";"}, NULL, NULL, false, "", "\""},
    {"CoffeeScript", "coffee", {"#"}, "###", "###", false, "\"'", ""},
    {"Common Lisp", "lisp lsp cl", {";"}, "#|", "|#", true, "", "\""},
    {"Crystal", "cr", HASH, "\"'", ""},
    {"CUDA", "cu cuh", C_LIKE, "\"'", ""},
    {"D", "d", C_LIKE, "\"'", "`"},
    {"Dart", "dart", C_LIKE, "\"'", "34"},
    {"Dockerfile", "dockerfile /dockerfile /containerfile", HASH, "\"'", ""},
    {"Elixir", "ex exs", HASH, "\"'", "3"},
    {"Elm", "elm", {"--"}, "{-", "-}", true, "\"'", "3"},
    {"Emacs Lisp", "el", {";"}, NULL, NULL, false, "", "\""},
    {"Erlang", "erl hrl", {"%"}, NULL, NULL, false, "\"", ""},
    {"F#", "fs fsi fsx", {"//"}, "(*", "*)", true, "\"", "3"},
    {"Fortran", "f f77 f90 f95 f03 for", {"!"}, NULL, NULL, false, "\"'", ""},
    {"GLSL", "glsl vert frag comp geom", C_LIKE, "", ""},
    {"Go", "go", C_LIKE, "\"'", "`"},
    {"GraphQL", "graphql gql", HASH, "\"", "3"},
    {"Groovy", "groovy gradle /jenkinsfile", C_LIKE, "\"'", "34"},
    {"HCL", "hcl tf tfvars", {"#", "//"}, "/*", "*/", false, "\"", ""},
    {"HTML", "html htm xhtml", MARKUP, "", ""},
    {"Haskell", "hs lhs", {"--"}, "{-", "-}", true, "\"", ""},
    {"INI", "ini cfg conf properties /.editorconfig", {";", "#"}, NULL, NULL, false, "", ""},
    {"JSON", "json jsonl geojson webmanifest", {NULL}, NULL, NULL, false, "\"", ""},
    {"JSON with comments", "jsonc json5", C_LIKE, "\"'", ""},
    {"JSX", "jsx", C_LIKE, "\"'", "`"},
    {"Java", "java", C_LIKE, "\"'", "3"},
    {"JavaScript", "js mjs cjs", C_LIKE, "\"'", "`"},
    {"Julia", "jl", {"#"}, "#=", "=#", true, "\"", "3"},
    {"Just", "just /justfile", HASH, "\"'", ""},
    {"Kotlin", "kt kts", {"//"}, "/*", "*/", true, "\"'", "3"},
    {"LaTeX", "tex sty cls bib", {"%"}, NULL, NULL, false, "", ""},
    {"Less", "less", C_LIKE, "\"'", ""},
    {"Lua", "lua", {"--"}, "--[[", "]]", false, "\"'", ""},
    {"MATLAB", "mlx", {"%"}, "%{", "%}", false, "\"", ""},
    {"Makefile", "mk mak /makefile /gnumakefile", HASH, "", ""},
    {"Markdown", "md markdown mdx", MARKUP, "", ""},
    {"Meson", "/meson.build", HASH, "'", "4"},
    {"Nim", "nim", {"#"}, "#[", "]#", true, "\"", "3"},
    {"Nix", "nix", {"#"}, "/*", "*/", false, "", "\""},
    {"OCaml", "ml mli", {NULL}, "(*", "*)", true, "", "\""},
    {"Objective-C", "m mm", C_LIKE, "\"'", ""},
    {"PHP", "php", {"//", "#"}, "/*", "*/", false, "", "\"'"},
    {"Pascal", "pas pp dpr", {"//"}, "{", "}", false, "'", ""},
    {"Perl", "pl pm", {"#"}, "=pod", "=cut", false, "\"'", ""},
    {"PowerShell", "ps1 psm1 psd1", {"#"}, "<#", "#>", false, "\"'", ""},
    {"Prolog", "pro prolog", {"%"}, "/*", "*/", false, "\"'", ""},
    {"Protocol Buffers", "proto", C_LIKE, "\"'", ""},
    {"Python", "py pyi pyw", HASH, "\"'", "34"},
    {"R", "r", HASH, "\"'", ""},
    {"ReStructuredText", "rst", {NULL}, NULL, NULL, false, "", ""},
    {"Ruby", "rb rake gemspec /rakefile /gemfile", {"#"}, "=begin", "=end", false, "\"'", ""},
    {"Rust", "rs", {"//"}, "/*", "*/", true, "", "\""},
    {"SCSS", "scss sass", C_LIKE, "\"'", ""},
    {"SQL", "sql", {"--"}, "/*", "*/", false, "'", ""},
    {"SVG", "svg", MARKUP, "", ""},
    {"Scala", "scala sc", {"//"}, "/*", "*/", true, "\"", "3"},
    {"Scheme", "scm ss rkt", {";"}, "#|", "|#", true, "", "\""},
    {"Shell", "sh bash zsh ksh fish /.bashrc /.profile /.zshrc", HASH, "", "\"'"},
    {"Solidity", "sol", C_LIKE, "\"'", ""},
    {"Starlark", "bzl star /build /workspace /build.bazel", HASH, "\"'", "34"},
    {"Svelte", "svelte", {"//"}, "<!--", "-->", false, "\"'", "`"},
    {"Swift", "swift", {"//"}, "/*", "*/", true, "\"", "3"},
    {"TOML", "toml", HASH, "\"'", "34"},
    {"TSX", "tsx", C_LIKE, "\"'", "`"},
    {"Tcl", "tcl", HASH, "", ""},
    {"Text", "txt text log /license /readme /notice /changelog", {NULL}, NULL, NULL, false, "", ""},
    {"TypeScript", "ts mts cts", C_LIKE, "\"'", "`"},
    {"VHDL", "vhd vhdl", {"--"}, NULL, NULL, false, "\"", ""},
    {"Verilog", "v sv svh vh", C_LIKE, "\"", ""},
    {"Vim script", "vim /.vimrc", {"\""}, NULL, NULL, false, "'", ""},
    {"Visual Basic", "vb vbs bas", {"'"}, NULL, NULL, false, "\"", ""},
    {"Vue", "vue", {"//"}, "<!--", "-->", false, "\"'", "`"},
    {"WIT", "wit", {"//"}, "/*", "*/", true, "", ""},
    {"WebAssembly text", "wat wast", {";;"}, "(;", ";)", true, "\"", ""},
    {"XML", "xml xsd xsl xslt plist csproj", MARKUP, "", ""},
    {"YAML", "yaml yml", HASH, "\"'", ""},
    {"Zig", "zig zon", {"//"}, NULL, NULL, false, "\"'", ""},
};

const size_t LANGUAGE_COUNT = sizeof LANGUAGES / sizeof *LANGUAGES;

#define SLOTS 1024  // a power of two, several times the number of names
#define MAX_NAME 24

static struct {
  Text name;
  int language;
} slots[SLOTS];

static unsigned slot_of(Text name) {
  unsigned hash = 2166136261u;
  for (size_t i = 0; i < name.len; i++) hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
  hash &= SLOTS - 1;
  while (slots[hash].name.at && !text_equal(slots[hash].name, name)) hash = (hash + 1) & (SLOTS - 1);
  return hash;
}

static void fill_slots(void) {
  for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
    const char *at = LANGUAGES[i].names;
    while (*at) {
      size_t len = strcspn(at, " ");
      unsigned slot = slot_of((Text){at, len});
      if (!slots[slot].name.at) {
        slots[slot].name = (Text){at, len};
        slots[slot].language = (int)i;
      }
      at += len + (at[len] == ' ');
    }
  }
}

static int look_up(Text name, bool whole) {
  char lower[MAX_NAME + 1];
  if (name.len == 0 || name.len > MAX_NAME - 1) return -1;
  size_t len = 0;
  if (whole) lower[len++] = '/';
  for (size_t i = 0; i < name.len; i++) {
    char c = name.at[i];
    lower[len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
  }
  unsigned slot = slot_of((Text){lower, len});
  return slots[slot].name.at ? slots[slot].language : -1;
}

int language_of_name(Text name) {
  if (!slots[slot_of(text_of("c"))].name.at) fill_slots();
  int whole = look_up(name, true);
  if (whole >= 0) return whole;
  size_t dot = name.len;
  while (dot > 0 && name.at[dot - 1] != '.') dot--;
  return dot > 1 ? look_up((Text){name.at + dot, name.len - dot}, false) : -1;
}

int language_of_shebang(Text bytes) {
  static const struct {
    const char *program, *extension;
  } programs[] = {{"python", "py"}, {"bash", "sh"}, {"zsh", "sh"},  {"dash", "sh"}, {"/sh", "sh"},  {" sh", "sh"},
                  {"node", "js"},   {"perl", "pl"}, {"ruby", "rb"}, {"lua", "lua"}, {"php", "php"}, {"awk", "awk"}};
  if (bytes.len < 3 || bytes.at[0] != '#' || bytes.at[1] != '!') return -1;
  size_t end = bytes.len < 128 ? bytes.len : 128;
  const char *line_end = memchr(bytes.at, '\n', end);
  Text line = {bytes.at, line_end ? (size_t)(line_end - bytes.at) : end};
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
    if (text_find(line, text_of(programs[i].program), 2) != SIZE_MAX) return look_up(text_of(programs[i].extension), false);
  }
  return -1;
}
