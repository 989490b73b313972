import { HostError } from '../../../base/error.ts';
import { CEILINGS } from '../../../wasi/limits.ts';
import { inspectModule, inspectSections, type ModuleFacts } from '../../../wasi/module/inspect.ts';
import { layerOf, PREAMBLE_BYTES } from '../../../wasi/module/layer.ts';
import { ByteReader } from '../../../wasi/module/reader.ts';
import { sectionsOf } from '../../../wasi/module/sections.ts';
import { componentNames } from './component.ts';

export interface SectionSize {
  /** Custom sections by their own names. */
  readonly name: string;
  readonly bytes: number;
}

/** What a program tells of itself; nothing in it is to be believed, and all of it is bounded. */
export interface ProgramFacts {
  readonly kind: 'module' | 'component';
  readonly bytes: number;
  /** `wasi_snapshot_preview1.fd_read`, or the interfaces of a component. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  readonly sections: readonly SectionSize[];
  /** Of a module; pages of 64 KiB. */
  readonly memories: ModuleFacts['memories'];
  readonly functions?: number;
  /** `language: C11`, `processed-by: clang 19.1.7`. */
  readonly producers: readonly string[];
  /** Why it will not run here, if it will not. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

const CUSTOM = 0;
const NAMES = new Map([
  [1, 'type'],
  [2, 'import'],
  [3, 'function'],
  [4, 'table'],
  [5, 'memory'],
  [6, 'global'],
  [7, 'export'],
  [8, 'start'],
  [9, 'element'],
  [10, 'code'],
  [11, 'data'],
  [12, 'datacount'],
  [13, 'tag'],
]);
const COMPONENT_NAMES = new Map([
  [1, 'core module'],
  [2, 'core instance'],
  [3, 'core type'],
  [4, 'component'],
  [5, 'instance'],
  [6, 'alias'],
  [7, 'type'],
  [8, 'canonical function'],
  [9, 'start'],
  [10, 'import'],
  [11, 'export'],
]);
const MAX_SECTIONS = 10_000;
const MAX_PRODUCERS = 100;

/** @throws HostError `module-invalid`, `module-too-large`, `unsupported` for what is no program at all */
export function inspectProgram(untrusted: Uint8Array): ProgramFacts {
  const isComponent = layerOf(untrusted) === 'component';
  // Said in its own words if it is neither.
  if (!isComponent) sectionsOf(untrusted);
  const { sections, producers } = readSections(untrusted, isComponent ? COMPONENT_NAMES : NAMES);
  const common = { bytes: untrusted.length, sections, producers };
  if (isComponent) return { ...common, kind: 'component', memories: [], ...componentNames(untrusted) };
  const facts = inspectSections(sectionsOf(untrusted), CEILINGS, 'any');
  const refusal = refusalOf(untrusted);
  return {
    ...common,
    kind: 'module',
    imports: facts.imports.map(({ module, name }) => `${module}.${name}`),
    exports: facts.exports.map(({ name, kind }) => `${name} (${kind})`),
    memories: facts.memories,
    functions: facts.functions,
    ...(refusal === undefined ? {} : { refusal }),
  };
}

function refusalOf(untrusted: Uint8Array): ProgramFacts['refusal'] {
  try {
    inspectModule(untrusted, CEILINGS);
    return undefined;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** The contents of a custom section, the first of that name. @throws HostError `module-invalid` */
export function customSection(untrusted: Uint8Array, wanted: string): Uint8Array | undefined {
  const reader = new ByteReader(untrusted, PREAMBLE_BYTES, untrusted.length);
  while (reader.left > 0) {
    const id = reader.byte('a section');
    const part = reader.part(reader.size('a section'), 'a section');
    if (id === CUSTOM && part.name('the name of a custom section') === wanted) {
      return untrusted.subarray(part.at, part.end);
    }
  }
  return undefined;
}

function readSections(
  untrusted: Uint8Array,
  names: ReadonlyMap<number, string>,
): Pick<ProgramFacts, 'sections' | 'producers'> {
  const reader = new ByteReader(untrusted, PREAMBLE_BYTES, untrusted.length);
  const sections: SectionSize[] = [];
  const producers: string[] = [];
  while (reader.left > 0 && sections.length < MAX_SECTIONS) {
    const id = reader.byte('a section');
    const bytes = reader.size('a section');
    const part = reader.part(bytes, 'a section');
    const custom = id === CUSTOM ? part.name('the name of a custom section') : undefined;
    sections.push({ name: custom ?? names.get(id) ?? `section ${id}`, bytes });
    if (custom === 'producers') producers.push(...readProducers(part));
  }
  return { sections, producers };
}

/** Source: WebAssembly tool conventions, "producers section". What is not as it says is left out. */
function readProducers(reader: ByteReader): readonly string[] {
  const found: string[] = [];
  try {
    for (let fields = reader.count(2, 'fields'); fields > 0; fields -= 1) {
      const field = reader.name('a field');
      for (let values = reader.count(2, 'values'); values > 0; values -= 1) {
        const name = reader.name('a name');
        const version = reader.name('a version');
        if (found.length < MAX_PRODUCERS) found.push(`${field}: ${name}${version === '' ? '' : ` ${version}`}`);
      }
    }
  } catch (error) {
    // Tools write it, nothing depends on it: a malformed one is no fault of the program.
    if (!(error instanceof HostError)) throw error;
  }
  return found;
}
