import { HostError } from '../../base/error.ts';
import type { Signature } from './known.ts';
import { type ByteReader, malformed, unsupported } from './reader.ts';

/** Types that stand as one byte. Source: WebAssembly core specification §5.3; exception handling; typed function references. */
const NUMBERS: Readonly<Record<number, string>> = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64', 0x7b: 'v128' };
const HEAPS: Readonly<Record<number, string>> = {
  0x70: 'func',
  0x6f: 'extern',
  0x69: 'exn',
  0x74: 'noexn',
  0x73: 'nofunc',
  0x72: 'noextern',
};
/** any, eq, i31, struct, array, none: the heap of the garbage collection proposal. */
const COLLECTED = [0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x71];
const REF = 0x64;
const REF_NULL = 0x63;
const FUNC = 0x60;
/** array, struct, rec, sub, sub final. */
const COLLECTED_TYPES = [0x5e, 0x5f, 0x4e, 0x50, 0x4f];

const MAX_TYPES = 200_000;
/** V8's own bound. */
const MAX_PARAMS = 1000;

export function valueType(reader: ByteReader, what: string): string {
  const first = reader.bytes[reader.at];
  const number = first === undefined || reader.left === 0 ? undefined : NUMBERS[first];
  if (number === undefined) return referenceType(reader, what);
  reader.skip(1, what);
  return number;
}

/** `funcref`, `externref`, `(ref null func)`, `(ref 3)` and the like, as the text format writes them. */
export function referenceType(reader: ByteReader, what: string): string {
  const from = reader.at;
  const byte = reader.byte(what);
  if (byte === REF || byte === REF_NULL) return `(ref ${byte === REF_NULL ? 'null ' : ''}${heapType(reader, what)})`;
  if (COLLECTED.includes(byte)) throw unsupported('garbage-collected references');
  const heap = HEAPS[byte];
  if (heap === undefined) throw malformed(from, `${what} has an unknown type 0x${byte.toString(16)}`);
  return `${heap}ref`;
}

/** A heap type: one of the abstract ones, or the index of a type. */
function heapType(reader: ByteReader, what: string): string {
  const from = reader.at;
  const byte = reader.bytes[reader.at] ?? 0;
  if (reader.left > 0 && (byte & 0xc0) === 0x40) {
    reader.skip(1, what);
    if (COLLECTED.includes(byte)) throw unsupported('garbage-collected references');
    const heap = HEAPS[byte];
    if (heap === undefined) throw malformed(from, `${what} has an unknown heap type 0x${byte.toString(16)}`);
    return heap;
  }
  // an s33 that is not negative: the same bytes as an unsigned number below 2^32, save for the sign bit of its last byte
  const index = reader.u32(what);
  const last = reader.bytes[reader.at - 1] ?? 0;
  if (reader.at - from < 5 && (last & 0x40) !== 0) throw malformed(from, `${what} has a negative type index`);
  return String(index);
}

/**
 * Where each function type of the type section begins. Types of the garbage collection proposal are refused as `unsupported`:
 * what they make lives on the JavaScript heap, outside of every memory limit of a module, and one `array.new` takes gigabytes.
 * Without those types no instruction can allocate there.
 * @throws HostError module-invalid, module-too-large, unsupported
 */
export function typeOffsets(reader: ByteReader): readonly number[] {
  const count = reader.count(2, 'the type section');
  if (count > MAX_TYPES)
    throw new HostError('module-too-large', `the module has ${count} types, allowed are ${MAX_TYPES}`);
  const offsets: number[] = [];
  for (let index = 0; index < count; index += 1) {
    offsets.push(reader.at);
    signature(reader);
  }
  reader.done('the type section');
  return offsets;
}

/** One function type. */
export function signature(reader: ByteReader): Signature {
  const from = reader.at;
  const form = reader.byte('a type');
  if (COLLECTED_TYPES.includes(form)) throw unsupported('types of the garbage collection proposal');
  if (form !== FUNC) throw malformed(from, `type form 0x${form.toString(16)} is unknown`);
  return { params: typeList(reader, 'parameters'), results: typeList(reader, 'results') };
}

function typeList(reader: ByteReader, what: string): string[] {
  const from = reader.at;
  const count = reader.count(1, what);
  if (count > MAX_PARAMS) throw malformed(from, `a function type has ${count} ${what}`);
  const list: string[] = [];
  for (let index = 0; index < count; index += 1) list.push(valueType(reader, what));
  return list;
}

/** Passes over a constant expression, its end included. Source: WebAssembly core specification §3.3.13 and extended constants. */
export function skipConstant(reader: ByteReader): void {
  const what = 'a constant expression';
  for (;;) {
    const from = reader.at;
    const opcode = reader.byte(what);
    if (opcode === 0x0b) return;
    if (opcode === 0x41) reader.skipLeb(5, what);
    else if (opcode === 0x42) reader.skipLeb(10, what);
    else if (opcode === 0x43) reader.skip(4, what);
    else if (opcode === 0x44) reader.skip(8, what);
    else if (opcode === 0xd0) heapType(reader, what);
    else if (opcode === 0xd2 || opcode === 0x23) reader.u32(what);
    else if (opcode === 0xfd && reader.u32(what) === 12) reader.skip(16, what);
    else if (![0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].includes(opcode))
      throw malformed(from, `${what} has opcode 0x${opcode.toString(16)}`);
  }
}
