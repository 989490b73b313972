/** The functions of WASI that a skill in JavaScript calls: its name there, the name here, and the types of its parameters. */
const WASI = [
  ['args_sizes_get', 'a', 'i i'],
  ['args_get', 'b', 'i i'],
  ['fd_read', 'r', 'i i i i'],
  ['fd_write', 'w', 'i i i i'],
  ['fd_close', 'c', 'i'],
  ['path_open', 'o', 'i i i i i I I i i'],
  ['fd_readdir', 'd', 'i i i I i'],
  ['path_filestat_get', 's', 'i i i i i'],
  ['fd_filestat_get', 'f', 'i i'],
  ['fd_prestat_get', 'p', 'i i'],
  ['fd_prestat_dir_name', 'n', 'i i i'],
  ['path_create_directory', 'm', 'i i i'],
  ['path_unlink_file', 'u', 'i i i'],
  ['path_remove_directory', 'x', 'i i i'],
  ['path_rename', 'v', 'i i i i i i'],
  ['random_get', 'g', 'i i'],
];

const TYPES = { i: 'i32', I: 'i64' };

const ENGINE = [
  ['wasm_malloc', 'i', 'i'],
  ['qjs_get_global', '', 'i'],
  ['qjs_get_undefined', '', 'i'],
  ['qjs_get_prop_string', 'i i', 'i'],
  ['qjs_call', 'i i i i', 'i'],
  ['qjs_is_job_pending', '', 'i'],
  ['qjs_execute_pending_job', '', 'i'],
  ['qjs_get_float64', 'i', 'f'],
  ['qjs_new_number', 'f', 'i'],
  ['qjs_new_string', 'i i', 'i'],
  ['qjs_get_string_len', 'i i', 'i'],
  ['qjs_free_cstring', 'i', ''],
  ['qjs_new_array_buffer', 'i i', 'i'],
  ['qjs_get_array_buffer', 'i i', 'i'],
];

const typed = (letters, keyword) =>
  letters === ''
    ? ''
    : `(${keyword} ${letters
        .split(' ')
        .map((one) => (one === 'f' ? 'f64' : TYPES[one]))
        .join(' ')})`;

/**
 * The glue, in the text format. What QuickJS asks of its host under `env`:
 * - `host_call`: a function of JavaScript that is named by its first two letters. `w` and a letter of the table is WASI, numbers in, its
 *   errno out; `p` the address of an ArrayBuffer; `d` address and length to the text there; `e` a text to an ArrayBuffer of its bytes;
 *   `x` ends the process.
 * - `host_module_normalize` and `host_module_load`: the builder answers, through `path_readlink` of a descriptor that nobody has; the
 *   address of the answer comes back. In a finished skill it is refused, and there are no more modules.
 * `_start` calls the global function `_`, lets every promise settle, and calls it again.
 */
export function glueText() {
  const wasiImports = WASI.map(
    ([name, , params]) =>
      `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${typed(params, 'param')} (result i32)))`,
  );
  const engineImports = ENGINE.map(
    ([name, params, result]) =>
      `(import "engine" "${name}" (func $${name} ${typed(params, 'param')} ${typed(result, 'result')}))`,
  );
  const calls = WASI.map(([name, letter, params]) => {
    const args = params
      .split(' ')
      .map((type, at) => `(call $${type === 'i' ? 'int' : 'long'} (local.get $argv) (i32.const ${at}))`);
    return `(if (i32.eq (local.get $what) (i32.const ${letter.charCodeAt(0)}))
      (then (return (call $number (call $${name} ${args.join(' ')})))))`;
  });
  return `(module
  ${wasiImports.join('\n  ')}
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "path_readlink" (func $ask (param i32 i32 i32 i32 i32 i32) (result i32)))
  ${engineImports.join('\n  ')}
  (import "engine" "memory" (memory 1))
  (func $argument (param $argv i32) (param $at i32) (result i32)
    (i32.load (i32.add (local.get $argv) (i32.shl (local.get $at) (i32.const 2)))))
  (func $long (param $argv i32) (param $at i32) (result i64)
    (i64.trunc_sat_f64_s (call $qjs_get_float64 (call $argument (local.get $argv) (local.get $at)))))
  (func $int (param $argv i32) (param $at i32) (result i32)
    (i32.wrap_i64 (call $long (local.get $argv) (local.get $at))))
  (func $number (param $value i32) (result i32)
    (call $qjs_new_number (f64.convert_i32_u (local.get $value))))
  (func (export "host_call") (param $name i32) (param $length i32) (param $this i32) (param $argc i32) (param $argv i32) (result i32)
    (local $what i32) (local $text i32) (local $room i32) (local $made i32)
    (local.set $what (i32.load8_u (local.get $name)))
    (if (i32.eq (local.get $what) (i32.const 119)) (then
      (local.set $what (i32.load8_u offset=1 (local.get $name)))
      ${calls.join('\n      ')}
      unreachable))
    (if (i32.eq (local.get $what) (i32.const 100)) (then
      (return (call $qjs_new_string (call $int (local.get $argv) (i32.const 0)) (call $int (local.get $argv) (i32.const 1))))))
    (if (i32.eq (local.get $what) (i32.const 120)) (then
      (call $proc_exit (call $int (local.get $argv) (i32.const 0)))
      unreachable))
    (local.set $room (call $wasm_malloc (i32.const 8)))
    (local.set $text (call $argument (local.get $argv) (i32.const 0)))
    (if (i32.eq (local.get $what) (i32.const 112)) (then
      (return (call $number (call $qjs_get_array_buffer (local.get $text) (local.get $room))))))
    (local.set $text (call $qjs_get_string_len (local.get $text) (local.get $room)))
    (local.set $made (call $qjs_new_array_buffer (local.get $text) (i32.load (local.get $room))))
    (call $qjs_free_cstring (local.get $text))
    (local.get $made))
  (func (export "host_interrupt") (result i32) (i32.const 0))
  (func (export "host_promise_rejection") (param i32 i32 i32))
  (func (export "host_get_timezone_offset") (param i32 i32) (result i32) (i32.const 0))
  (func (export "host_module_normalize") (param $base i32) (param $name i32) (result i32)
    (local $room i32)
    (local.set $room (call $wasm_malloc (i32.const 8)))
    (i32.store (local.get $room) (i32.const 0))
    (drop (call $ask (i32.const -1) (local.get $base) (i32.const 0) (local.get $name) (i32.const 0) (local.get $room)))
    (i32.load (local.get $room)))
  (func (export "host_module_load") (param $name i32) (param $length i32) (result i32)
    (local $room i32)
    (local.set $room (call $wasm_malloc (i32.const 8)))
    (i32.store (local.get $room) (i32.const 0))
    (drop (call $ask (i32.const -2) (local.get $name) (i32.const 0) (local.get $length) (i32.const 0) (local.get $room)))
    (i32.load (local.get $room)))
  (func $enter
    (local $name i32)
    (local.set $name (call $wasm_malloc (i32.const 2)))
    (i32.store16 (local.get $name) (i32.const 95))
    (drop (call $qjs_call (call $qjs_get_prop_string (call $qjs_get_global) (local.get $name)) (call $qjs_get_undefined)
      (i32.const 0) (i32.const 0))))
  (func (export "_start")
    (call $enter)
    (block $settled (loop $job
      (br_if $settled (i32.eqz (call $qjs_is_job_pending)))
      (drop (call $qjs_execute_pending_job))
      (br $job)))
    (call $enter)
    (call $proc_exit (i32.const 70))))
`;
}

/** The letters of each function, for whoever calls them. */
export const LETTERS = Object.fromEntries(WASI.map(([name, letter]) => [name, `w${letter}`]));
