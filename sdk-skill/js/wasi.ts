// WASI preview 1 as the engine hands it over: numbers in, numbers out, and one piece of memory through which everything passes.

// oxlint-disable typescript/no-unsafe-type-assertion -- the functions and their types are the engine's (engine/glue.mjs); no buffer is shared

type Native = (...args: readonly unknown[]) => unknown;

function native(letters: string): Native {
  const name = `wirken:${letters}`;
  const given: unknown = Reflect.get(globalThis, name);
  Reflect.deleteProperty(globalThis, name);
  if (typeof given !== 'function') throw new TypeError(`no ${name}: this is not the engine of a skill`);
  return given as Native;
}

/** Calls a function of WASI; answers its errno. */
function wasi(letter: string): (...args: readonly number[]) => number {
  return native(`w${letter}`) as (...args: readonly number[]) => number;
}

export const argsSizesGet = wasi('a');
export const argsGet = wasi('b');
export const fdRead = wasi('r');
export const fdWrite = wasi('w');
export const fdClose = wasi('c');
export const pathOpen = wasi('o');
export const fdReaddir = wasi('d');
export const pathFilestatGet = wasi('s');
export const fdFilestatGet = wasi('f');
export const fdPrestatGet = wasi('p');
export const fdPrestatDirName = wasi('n');
export const pathCreateDirectory = wasi('m');
export const pathUnlinkFile = wasi('u');
export const pathRemoveDirectory = wasi('x');
export const pathRename = wasi('v');
export const randomGet = wasi('g');

/** Ends the process. */
export const exit = native('x') as (code: number) => never;
/** Where the bytes of a buffer lie. */
export const addressOf = native('p') as (buffer: ArrayBuffer) => number;
/** The text of UTF-8 bytes. */
export const decodeAt = native('d') as (address: number, bytes: number) => string;
/** The UTF-8 bytes of a text. */
export const encode = native('e') as (text: string) => ArrayBuffer;

export const SUCCESS = 0;
export const CHUNK_BYTES = 64 * 1024;

const HEAD_BYTES = 128;
const memory = new ArrayBuffer(HEAD_BYTES + CHUNK_BYTES);
/** The start of the memory, for the small things that calls take and give. */
export const view = new DataView(memory, 0, HEAD_BYTES);
/** Where it lies. */
export const HEAD = addressOf(memory);
/** The rest, for what is read. */
export const chunk = new Uint8Array(memory, HEAD_BYTES);
/** Where that lies. */
export const CHUNK = HEAD + HEAD_BYTES;

const MAX_PATH_BYTES = 4096;
// Two of them: a rename takes two paths at once. A buffer of its own would be gone before the call, as soon as nobody refers to it.
const paths = [new Uint8Array(MAX_PATH_BYTES), new Uint8Array(MAX_PATH_BYTES)] as const;
const PATHS = [addressOf(paths[0].buffer), addressOf(paths[1].buffer)] as const;

/** A path where calls find it, until the next one takes its place. `undefined` for one that is too long. */
export function placePath(path: string, slot: 0 | 1 = 0): { readonly at: number; readonly bytes: number } | undefined {
  const bytes = new Uint8Array(encode(path));
  if (bytes.length > MAX_PATH_BYTES) return undefined;
  paths[slot].set(bytes);
  return { at: PATHS[slot], bytes: bytes.length };
}

/** Reads once into the chunk; answers how many bytes, 0 at the end, or a negative errno. */
export function readChunk(fd: number): number {
  view.setUint32(0, CHUNK, true);
  view.setUint32(4, CHUNK_BYTES, true);
  const errno = fdRead(fd, HEAD, 1, HEAD + 8);
  return errno === SUCCESS ? view.getUint32(8, true) : -errno;
}

/** Everything that is left to read, or an errno. */
export function readAll(fd: number): Uint8Array | number {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const got = readChunk(fd);
    if (got < 0) return -got;
    if (got === 0) break;
    parts.push(chunk.slice(0, got));
    length += got;
  }
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Writes all of it; answers an errno. */
export function writeAll(fd: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return SUCCESS;
  const base = addressOf(bytes.buffer as ArrayBuffer) + bytes.byteOffset;
  for (let at = 0; at < bytes.length;) {
    view.setUint32(0, base + at, true);
    view.setUint32(4, bytes.length - at, true);
    const errno = fdWrite(fd, HEAD, 1, HEAD + 8);
    if (errno !== SUCCESS) return errno;
    at += view.getUint32(8, true);
  }
  return SUCCESS;
}

export function writeText(fd: number, text: string): number {
  return writeAll(fd, new Uint8Array(encode(text)));
}

/** The text of bytes. */
export function decode(bytes: Uint8Array): string {
  return bytes.length === 0 ? '' : decodeAt(addressOf(bytes.buffer as ArrayBuffer) + bytes.byteOffset, bytes.length);
}
