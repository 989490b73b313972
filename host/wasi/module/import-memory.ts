import { concatBytes, encodeUtf8 } from '../../base/bytes.ts';
import { PREAMBLE_BYTES } from './layer.ts';
import { encodeU32 } from './encode.ts';
import { readSection, type SectionTable, sectionsOf } from './sections.ts';
import { memorySize, type Size } from './size.ts';

/** What a module imports its memory as. No guest's own import: the parser knows functions of preview 1 alone. */
export const MEMORY_IMPORT = { module: 'wirken', name: 'memory' } as const;

/** A module that gets its memory from outside. */
export interface MemoryImporter {
  readonly bytes: Uint8Array;
  /** In pages; what it imports must have exactly these. */
  readonly memory: Required<Size>;
}

const IMPORT_SECTION = 2;
const MEMORY_KIND = 2;
const WITH_MAXIMUM = 1;

/**
 * The same module with its one memory imported instead of its own: its index is the same, and so is everything that refers to it.
 * `undefined` where that memory is missing, not the only one, without a maximum, or larger than `mostPages` at its start.
 * @param prepared as `prepareModule` left it
 * @throws HostError module-invalid, for what `prepareModule` does not let through
 */
export function importMemory(prepared: Uint8Array, mostPages: number): MemoryImporter | undefined {
  const sections = sectionsOf(prepared);
  const memory = onlyMemory(sections);
  if (memory?.maximum === undefined || memory.initial > mostPages) return undefined;
  const { initial, maximum } = memory;
  return { bytes: rewritten(sections, { initial, maximum }), memory: { initial, maximum } };
}

function onlyMemory(sections: SectionTable): Size | undefined {
  const reader = readSection(sections, 'memory');
  return reader?.count(2, 'the memory section') === 1 ? memorySize(reader) : undefined;
}

function rewritten({ bytes, known }: SectionTable, { initial, maximum }: Required<Size>): Uint8Array {
  const own = known.get('memory');
  if (own === undefined) throw new TypeError('a module with a memory has a section of it');
  const imports = known.get('import');
  // Imports follow types, whatever custom sections stand between.
  const start = imports?.from ?? known.get('type')?.end ?? PREAMBLE_BYTES;
  const reader = readSection({ bytes, known, custom: [] }, 'import');
  const count = reader?.count(4, 'the import section') ?? 0;
  const contents = concatBytes(
    encodeU32(count + 1),
    reader === undefined ? new Uint8Array() : bytes.subarray(reader.at, reader.end),
    text(MEMORY_IMPORT.module),
    text(MEMORY_IMPORT.name),
    Uint8Array.of(MEMORY_KIND, WITH_MAXIMUM, ...encodeU32(initial), ...encodeU32(maximum)),
  );
  return concatBytes(
    bytes.subarray(0, start),
    Uint8Array.of(IMPORT_SECTION),
    encodeU32(contents.length),
    contents,
    bytes.subarray(imports?.end ?? start, own.from),
    bytes.subarray(own.end),
  );
}

function text(value: string): Uint8Array {
  const bytes = encodeUtf8(value);
  return concatBytes(encodeU32(bytes.length), bytes);
}
