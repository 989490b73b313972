import { HostError } from '../../base/error.ts';
import type { CallLimits } from '../limits.ts';
import { type AllowedImports, type ModuleImport, readImports } from './imports.ts';
import { memorySize, PAGE_BYTES, type PlacedSize, tableEntry, type TableSize } from './size.ts';
import { type ByteReader, malformed } from './reader.ts';
import { type CustomSection, readSection, type SectionTable, sectionsOf } from './sections.ts';
import { typeOffsets } from './types.ts';

const EXPORT_KINDS = ['function', 'table', 'memory', 'global', 'tag'] as const;
const MAX_EXPORTS = 100_000;

interface ModuleExport {
  readonly name: string;
  readonly kind: (typeof EXPORT_KINDS)[number];
}

/** What is known of a module without compiling it. */
export interface ModuleFacts {
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  /** Its own memories, in pages of 64 KiB; imported ones stand in `imports`. */
  readonly memories: readonly PlacedSize[];
  /** Its own tables, in elements. */
  readonly tables: readonly TableSize[];
  /** Imported and own functions. */
  readonly functions: number;
  readonly hasStart: boolean;
  readonly customSections: readonly CustomSection[];
}

/**
 * Reads what must be known of a module before it is compiled, in one pass over hostile bytes. Sections that nothing here depends on
 * (code, data, elements, globals, tags) are bounded and left to the engine's own validation.
 * @throws HostError module-too-large, module-invalid, import-unknown, unsupported, limit-exceeded (initial memories or tables)
 */
export function inspectModule(
  untrusted: Uint8Array,
  limits: CallLimits,
  allowed: AllowedImports = 'preview1',
): ModuleFacts {
  return inspectSections(openModule(untrusted, limits), limits, allowed);
}

/** @throws HostError module-too-large, module-invalid */
export function openModule(untrusted: Uint8Array, limits: CallLimits): SectionTable {
  if (untrusted.length > limits.moduleBytes)
    throw new HostError(
      'module-too-large',
      `the module has ${untrusted.length} bytes, allowed are ${limits.moduleBytes}`,
    );
  return sectionsOf(untrusted);
}

export function inspectSections(sections: SectionTable, limits: CallLimits, allowed: AllowedImports): ModuleFacts {
  const typeSection = readSection(sections, 'type');
  const types = typeSection ? typeOffsets(typeSection) : [];
  const imports = readImports(readSection(sections, 'import'), types, allowed);
  const own = countFunctions(sections, types.length);
  const functions = own + imports.filter((one) => one.kind === 'function').length;
  if (functions > limits.functions)
    throw new HostError('module-too-large', `the module has ${functions} functions, allowed are ${limits.functions}`);
  const tables = readAll(readSection(sections, 'table'), 3, 'the table section', tableEntry);
  const memories = readAll(readSection(sections, 'memory'), 2, 'the memory section', memorySize);
  const start = readSection(sections, 'start');
  start?.u32('the start section');
  start?.done('the start section');
  requireInitial('memory', 'bytes', memories, PAGE_BYTES, limits.memoryBytes);
  requireInitial('tables', 'elements', tables, 1, limits.tableElements);
  return {
    imports,
    exports: readExports(readSection(sections, 'export')),
    memories,
    tables,
    functions,
    hasStart: start !== undefined,
    customSections: sections.custom,
  };
}

/** The functions that the module declares; as many bodies must follow, which together are the code section. */
function countFunctions(sections: SectionTable, types: number): number {
  const declared = readSection(sections, 'function');
  const count = declared?.count(1, 'the function section') ?? 0;
  if (declared !== undefined) {
    for (let index = 0; index < count; index += 1) {
      const from = declared.at;
      if (declared.u32('a type index') >= types) throw malformed(from, 'a type index names no type');
    }
    declared.done('the function section');
  }
  const code = readSection(sections, 'code');
  const bodies = code?.count(1, 'the code section') ?? 0;
  if (bodies !== count) throw malformed(code?.at ?? 0, `${count} functions are declared but ${bodies} have a body`);
  for (let index = 0; index < bodies; index += 1) code?.skip(code.size('a function body'), 'a function body');
  code?.done('the code section');
  return count;
}

function readExports(reader: ByteReader | undefined): readonly ModuleExport[] {
  if (reader === undefined) return [];
  const count = reader.count(3, 'the export section');
  if (count > MAX_EXPORTS)
    throw new HostError('module-too-large', `the module has ${count} exports, allowed are ${MAX_EXPORTS}`);
  const exports: ModuleExport[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = reader.name('the name of an export');
    const from = reader.at;
    const kind = EXPORT_KINDS[reader.byte('an export')];
    if (kind === undefined) throw malformed(from, 'the kind of an export is unknown');
    reader.u32('the index of an export');
    exports.push({ name, kind });
  }
  reader.done('the export section');
  return exports;
}

function readAll<T>(
  reader: ByteReader | undefined,
  entryBytes: number,
  what: string,
  read: (reader: ByteReader) => T,
): readonly T[] {
  if (reader === undefined) return [];
  const count = reader.count(entryBytes, what);
  if (count > MAX_SIZED)
    throw new HostError('module-too-large', `${what} has ${count} entries, allowed are ${MAX_SIZED}`);
  const entries: T[] = [];
  for (let index = 0; index < count; index += 1) entries.push(read(reader));
  reader.done(what);
  return entries;
}

/** Memories, or tables, of one module. */
const MAX_SIZED = 10_000;

function requireInitial(
  what: string,
  unit: string,
  sizes: readonly PlacedSize[],
  unitSize: number,
  limit: number,
): void {
  const initial = sizes.reduce((sum, size) => sum + size.initial * unitSize, 0);
  if (initial > limit)
    throw new HostError(
      'limit-exceeded',
      `the module starts with ${what} of ${initial} ${unit}, allowed are ${limit}`,
      {
        limit,
        remedy: 'Build it with a smaller initial size, or allow it more.',
      },
    );
}
