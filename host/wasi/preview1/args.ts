import type { Preview1Call } from './call.ts';
import { ERRNO, SUCCESS } from './errno.ts';

/** `args_*` and `environ_*`: two lists of strings with terminating zeros. */
export function argsFunctions(call: Preview1Call) {
  const { args, env } = call.world;
  return {
    args_get: (pointers: number, buffer: number) => giveStrings(call, args, pointers >>> 0, buffer >>> 0),
    args_sizes_get: (count: number, bytes: number) => giveSizes(call, args, count >>> 0, bytes >>> 0),
    environ_get: (pointers: number, buffer: number) => giveStrings(call, env, pointers >>> 0, buffer >>> 0),
    environ_sizes_get: (count: number, bytes: number) => giveSizes(call, env, count >>> 0, bytes >>> 0),
  };
}

function sizeOf(strings: readonly Uint8Array[]): number {
  let size = 0;
  for (const string of strings) size += string.length + 1;
  return size;
}

function giveSizes({ memory }: Preview1Call, strings: readonly Uint8Array[], count: number, bytes: number): number {
  if (!memory.has(count, 4) || !memory.has(bytes, 4)) return ERRNO.fault;
  memory.view.setUint32(count, strings.length, true);
  memory.view.setUint32(bytes, sizeOf(strings), true);
  return SUCCESS;
}

function giveStrings(
  { memory }: Preview1Call,
  strings: readonly Uint8Array[],
  pointers: number,
  buffer: number,
): number {
  if (!memory.has(pointers, strings.length * 4) || !memory.has(buffer, sizeOf(strings))) return ERRNO.fault;
  const { bytes, view } = memory;
  let pointer = pointers;
  let at = buffer;
  for (const string of strings) {
    view.setUint32(pointer, at, true);
    bytes.set(string, at);
    bytes[at + string.length] = 0;
    pointer += 4;
    at += string.length + 1;
  }
  return SUCCESS;
}
