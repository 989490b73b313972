import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { CallLimits } from '../limits.ts';
import { layerOf, PREAMBLE_BYTES } from '../module/layer.ts';
import { ByteReader } from '../module/reader.ts';
import { requireKnownInterface, unknownImport } from './interfaces.ts';

const IMPORT_SECTION = 10;
const LAST_SECTION = 12;
const MAX_IMPORTS = 1000;

/**
 * The interfaces that a component imports, with their versions, read from its outermost level before anything else looks at it.
 * @throws HostError module-too-large, component-invalid, import-unknown
 * Source: Component Model, Binary.md, "Component Definitions" and "Import and Export Definitions".
 */
export function scanImports(untrusted: Uint8Array, limits: CallLimits): readonly string[] {
  if (untrusted.length > limits.moduleBytes)
    throw new HostError(
      'module-too-large',
      `the component has ${untrusted.length} bytes, allowed are ${limits.moduleBytes}`,
    );
  if (layerOf(untrusted) !== 'component') throw invalid('the preamble is not that of a component');
  try {
    return sections(untrusted);
  } catch (error) {
    // the reader speaks of modules
    if (error instanceof HostError && error.code === 'module-invalid') throw invalid(error.message);
    throw error;
  }
}

function sections(untrusted: Uint8Array): readonly string[] {
  const reader = new ByteReader(untrusted, PREAMBLE_BYTES, untrusted.length);
  const imports: string[] = [];
  while (reader.left > 0) {
    const id = reader.byte('a section');
    if (id > LAST_SECTION) throw invalid(`section ${id} is unknown`);
    const part = reader.part(reader.size('a section'), 'a section');
    if (id === IMPORT_SECTION) imports.push(...interfacesOf(part));
  }
  return imports.sort();
}

function interfacesOf(part: ByteReader): readonly string[] {
  const count = part.count(4, 'the import section');
  if (count > MAX_IMPORTS)
    throw new HostError('module-too-large', `the component has ${count} imports, allowed are ${MAX_IMPORTS}`);
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    if (part.byte('an import') > 1) throw invalid('an import has an unknown form of name');
    const name = part.name('the name of an import');
    if (isInstance(part, name)) {
      requireKnownInterface(name);
      names.push(name);
    }
  }
  part.done('the import section');
  return names;
}

/** Reads what an import is. A type that equals a known one asks for nothing; anything else but an instance is refused. */
function isInstance(part: ByteReader, name: string): boolean {
  const sort = part.byte('an import');
  if (sort === 5) {
    part.u32('the type of an import');
    return true;
  }
  if (sort === 3 && part.byte('the bound of a type') === 0) {
    part.u32('the bound of a type');
    return false;
  }
  throw unknownImport(name);
}

function invalid(why: string): HostError {
  return new HostError('component-invalid', `not a component that can run here: ${shown(why, 300)}`, {
    remedy: 'Build the component again, or get an intact copy.',
  });
}
