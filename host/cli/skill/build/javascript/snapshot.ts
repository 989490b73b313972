import { concatBytes, encodeUtf8 } from '../../../../base/bytes.ts';
import { encodeU32 } from '../../../../wasi/module/encode.ts';
import { type SectionName, sectionsOf } from '../../../../wasi/module/sections.ts';

const PAGE_BYTES = 64 * 1024;
/** Zeros in a row from which on two segments are shorter than one. */
const GAP_BYTES = 24;
/** V8 takes no more. */
const MAX_SEGMENTS = 100_000;

const IDS = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  tag: 13,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  datacount: 12,
  code: 10,
  data: 11,
} as const satisfies Record<SectionName, number>;

/** What a module gets as it is written: its memory as it stands, and custom sections by name. */
export interface SnapshotSpec {
  readonly memory: Uint8Array;
  /** Below this the memory is stack, which nobody is on. */
  readonly stackBytes: number;
  /** The functions that stay exported, by their names; the memory does as well. */
  readonly exports: readonly string[];
  readonly custom: ReadonlyMap<string, Uint8Array>;
}

/**
 * The module with another beginning: it starts with this memory. Its globals are as they were, so the memory must be one that
 * was left when no function was running.
 * @throws HostError `module-invalid`
 */
export function snapshotModule(module: Uint8Array, { memory, stackBytes, exports, custom }: SnapshotSpec): Uint8Array {
  const { known } = sectionsOf(module);
  const live = memory.slice();
  live.fill(0, 0, stackBytes);
  const parts = [module.subarray(0, 8)];
  for (const [name, { start, end }] of known) {
    // What the first segments said stands in the memory, and so nothing refers to segments any more.
    if (name === 'datacount' || name === 'data') continue;
    const contents =
      name === 'memory'
        ? Uint8Array.of(1, 0, ...encodeU32(live.length / PAGE_BYTES))
        : name === 'export'
          ? keptExports(module.subarray(start, end), exports)
          : module.subarray(start, end);
    parts.push(section(IDS[name], contents));
  }
  parts.push(section(IDS.data, dataOf(live)));
  for (const [name, contents] of custom) parts.push(section(0, concatBytes(lengthed(encodeUtf8(name)), contents)));
  return concatBytes(...parts);
}

function section(id: number, contents: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(id), encodeU32(contents.length), contents);
}

/** Bytes with their length in front. */
export function lengthed(bytes: Uint8Array): Uint8Array {
  return concatBytes(encodeU32(bytes.length), bytes);
}

/** One active segment for every stretch that is not zero. */
function dataOf(memory: Uint8Array): Uint8Array {
  const segments: Uint8Array[] = [];
  for (let at = nextByte(memory, 0); at < memory.length;) {
    let end = at + 1;
    for (let zeros = 0; end + zeros < memory.length && zeros < GAP_BYTES;) {
      if (memory[end + zeros] === 0) zeros += 1;
      else {
        end += zeros + 1;
        zeros = 0;
      }
    }
    // The last one takes all that is left.
    if (segments.length === MAX_SEGMENTS - 1) end = memory.length;
    segments.push(
      concatBytes(Uint8Array.of(0, 0x41), encodeSigned(at), Uint8Array.of(0x0b), lengthed(memory.subarray(at, end))),
    );
    at = nextByte(memory, end);
  }
  return concatBytes(encodeU32(segments.length), ...segments);
}

function nextByte(memory: Uint8Array, from: number): number {
  let at = from;
  while (at < memory.length && memory[at] === 0) at += 1;
  return at;
}

/** A signed LEB128, for `i32.const`. */
function encodeSigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ;) {
    const byte = left & 0x7f;
    left >>= 7;
    if ((left === 0 && (byte & 0x40) === 0) || (left === -1 && (byte & 0x40) !== 0))
      return Uint8Array.of(...bytes, byte);
    bytes.push(byte | 0x80);
  }
}

function keptExports(section: Uint8Array, names: readonly string[]): Uint8Array {
  const kept: Uint8Array[] = [];
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = section[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  for (let left = number(); left > 0; left -= 1) {
    const from = at;
    const length = number();
    const name = new TextDecoder().decode(section.subarray(at, at + length));
    at += length + 1;
    number();
    if (names.includes(name)) kept.push(section.subarray(from, at));
  }
  return concatBytes(encodeU32(kept.length), ...kept);
}
