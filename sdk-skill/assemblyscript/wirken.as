// A wirken skill in AssemblyScript: argv = [skill, tool], stdin = the arguments as one JSON object, stdout = the result, stderr = log and
// progress. One file, no package: the functions of WASI are declared here.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_sizes_get") declare function args_sizes_get(count: usize, bytes: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_get") declare function args_get(argv: usize, bytes: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read") declare function fd_read(fd: i32, iovs: usize, count: i32, got: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write") declare function fd_write(fd: i32, iovs: usize, count: i32, put: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_close") declare function fd_close(fd: i32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_get") declare function fd_prestat_get(fd: i32, at: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_dir_name") declare function fd_prestat_dir_name(fd: i32, at: usize, length: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_open") declare function path_open(fd: i32, flags: i32, path: usize, length: usize, how: i32, rights: u64, inheriting: u64, fdflags: i32, at: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit") declare function proc_exit(code: i32): void;

const head = memory.data(64);
const CHUNK = 65536;
const RIGHTS_READ: u64 = 2 | 4 | (1 << 21);
const RIGHTS_WRITE: u64 = 64 | 4 | (1 << 21);

/** Ends the call as the tool's own error: `message` goes to whoever called, `code` (1 to 63) is the exit code. */
export function fail(code: i32, message: string): void {
  log(message);
  proc_exit(code);
}

/** A line of the skill's log. */
export function log(line: string): void {
  put(2, Uint8Array.wrap(String.UTF8.encode(line + "\n")));
}

/** The result. */
export function answer(text: string): void {
  put(1, Uint8Array.wrap(String.UTF8.encode(text)));
}

/** Tells how far the work is; `total` 0 = unknown. */
export function progress(done: i64, total: i64, message: string): void {
  const whole = total == 0 ? "" : ",\"total\":" + total.toString();
  log("{\"progress\":{\"done\":" + done.toString() + whole + ",\"message\":" + quoted(message) + "}}");
}

/** The name of the tool that was asked for. */
export function tool(): string {
  args_sizes_get(head, head + 4);
  const count = load<u32>(head), bytes = load<u32>(head + 4);
  if (count < 2) return "";
  const room = new Uint8Array(count * 4 + bytes);
  args_get(room.dataStart, room.dataStart + count * 4);
  const at = load<u32>(room.dataStart + 4);
  return String.UTF8.decodeUnsafe(at, room.dataStart + room.length - at, true);
}

/** The arguments: one JSON object, as the host wrote it. */
export function input(): string {
  return text(readAll(0));
}

export function text(bytes: Uint8Array): string {
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}

/** A file of the workspace, by its path there. Fails with 2 if it is not there or not granted. */
export function readFile(path: string): Uint8Array {
  const fd = open(path, 0, RIGHTS_READ);
  if (fd < 0) fail(2, path + " cannot be read");
  const bytes = readAll(fd);
  fd_close(fd);
  return bytes;
}

/** Replaces a file of the workspace. Fails with 2 if that is not granted. */
export function writeFile(path: string, bytes: Uint8Array): void {
  const fd = open(path, 1 | 8, RIGHTS_WRITE);
  if (fd < 0 || !put(fd, bytes)) fail(2, path + " cannot be written");
  fd_close(fd);
}

function open(path: string, how: i32, rights: u64): i32 {
  const name = String.UTF8.encode(path);
  for (let fd = 3; fd_prestat_get(fd, head) == 0; fd++) {
    const room = new Uint8Array(load<u32>(head + 4));
    fd_prestat_dir_name(fd, room.dataStart, room.length);
    if (text(room) != "/workspace") continue;
    const errno = path_open(fd, 1, changetype<usize>(name), name.byteLength, how, rights, rights, 0, head);
    return errno == 0 ? load<i32>(head) : -1;
  }
  return -1;
}

function readAll(fd: i32): Uint8Array {
  let all = new Uint8Array(CHUNK), length = 0, got = 1;
  while (got > 0) {
    store<u32>(head, all.dataStart + length);
    store<u32>(head + 4, all.length - length);
    got = fd_read(fd, head, 1, head + 8) == 0 ? load<i32>(head + 8) : 0;
    length += got;
    if (length == all.length) {
      const more = new Uint8Array(length * 2);
      more.set(all);
      all = more;
    }
  }
  return all.subarray(0, length);
}

function put(fd: i32, bytes: Uint8Array): bool {
  for (let at = 0; at < bytes.length; at += load<i32>(head + 8)) {
    store<u32>(head, bytes.dataStart + at);
    store<u32>(head + 4, bytes.length - at);
    if (fd_write(fd, head, 1, head + 8) != 0) return false;
  }
  return true;
}

/** A JSON string, quotes included. */
export function quoted(value: string): string {
  let out = "\"";
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c == 0x22 || c == 0x5c) out += "\\" + String.fromCharCode(c);
    else if (c < 0x20) out += "\\u00" + (c < 16 ? "0" : "1") + (c & 15).toString(16);
    else out += String.fromCharCode(c);
  }
  return out + "\"";
}

/** The raw JSON of a member of an object, or "" if it is not there. */
export function member(object: string, name: string): string {
  let at = object.indexOf("{") + 1;
  while ((at = object.indexOf("\"", at)) >= 0) {
    const behind = skip(object, at);
    const found = unquoted(object.substring(at, behind)) == name;
    let from = behind;
    while (" \n\t\r:".includes(object.charAt(from))) from++;
    const end = skip(object, from);
    if (found) return object.substring(from, end);
    at = end;
  }
  return "";
}

/** The text of a JSON string, or `otherwise` if `json` is none. */
export function textOf(json: string, otherwise: string): string {
  return json.startsWith("\"") ? unquoted(json) : otherwise;
}

/** Behind the JSON value that begins at `from`. */
function skip(json: string, from: i32): i32 {
  let depth = 0;
  for (let at = from; at < json.length; at++) {
    const c = json.charAt(at);
    if (c == "\"") {
      for (at++; at < json.length && json.charAt(at) != "\""; at++) if (json.charAt(at) == "\\") at++;
    } else if (c == "{" || c == "[") depth++;
    else if (c == "}" || c == "]") depth--;
    else if (depth > 0 || !",}] \n\t\r".includes(json.charAt(at + 1))) continue;
    if (depth == 0) return at + 1;
  }
  return json.length;
}

function unquoted(json: string): string {
  let out = "";
  for (let at = 1; at < json.length - 1; at++) {
    let c = json.charCodeAt(at);
    if (c == 0x5c) {
      c = json.charCodeAt(++at);
      const plain = "b\bf\fn\nr\rt\t".indexOf(String.fromCharCode(c));
      if (c == 0x75) {
        c = <i32>parseInt(json.substr(at + 1, 4), 16);
        at += 4;
      } else if (plain >= 0) c = "b\bf\fn\nr\rt\t".charCodeAt(plain + 1);
    }
    out += String.fromCharCode(c);
  }
  return out;
}
