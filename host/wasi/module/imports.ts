import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { PREVIEW1_MODULE } from '../preview1/functions.ts';
import { knownImport, type Signature } from './known.ts';
import { memorySize, type Size, type TableSize, tableSize } from './size.ts';
import { ByteReader, malformed, unsupported } from './reader.ts';
import { signature, valueType } from './types.ts';

type ImportedKind =
  | { readonly kind: 'function'; readonly signature: Signature }
  | { readonly kind: 'table'; readonly table: TableSize }
  | { readonly kind: 'memory'; readonly memory: Size }
  | { readonly kind: 'global' }
  | { readonly kind: 'tag' };

export type ModuleImport = { readonly module: string; readonly name: string } & ImportedKind;

/**
 * Whose imports a module may have: `preview1` allows the functions of WASI preview 1 with their own signatures and nothing else;
 * `any` is for the core modules inside a component, which import from one another.
 */
export type AllowedImports = 'preview1' | 'any';

const MAX_IMPORTS = 100_000;

/** @throws HostError module-invalid, module-too-large, unsupported, import-unknown */
export function readImports(
  reader: ByteReader | undefined,
  types: readonly number[],
  allowed: AllowedImports,
): readonly ModuleImport[] {
  if (reader === undefined) return [];
  const count = reader.count(4, 'the import section');
  if (count > MAX_IMPORTS)
    throw new HostError('module-too-large', `the module has ${count} imports, allowed are ${MAX_IMPORTS}`);
  const imports: ModuleImport[] = [];
  for (let index = 0; index < count; index += 1) {
    const module = reader.name('the module of an import');
    const name = reader.name('the name of an import');
    const one = { module, name, ...readKind(reader, types) };
    if (allowed === 'preview1') requirePreview1(one);
    imports.push(one);
  }
  reader.done('the import section');
  return imports;
}

function readKind(reader: ByteReader, types: readonly number[]): ImportedKind {
  const from = reader.at;
  const kind = reader.byte('an import');
  if (kind === 0) return { kind: 'function', signature: typeAt(reader, types) };
  if (kind === 1) return { kind: 'table', table: tableSize(reader) };
  if (kind === 2) return { kind: 'memory', memory: memorySize(reader) };
  if (kind === 3) {
    valueType(reader, 'an imported global');
    const mutability = reader.byte('an imported global');
    if ((mutability & 0x02) !== 0) throw unsupported('a shared global (threads)');
    if (mutability > 1) throw malformed(from, 'an imported global has unknown flags');
    return { kind: 'global' };
  }
  if (kind === 4) {
    if (reader.byte('an imported tag') !== 0) throw malformed(from, 'an imported tag has an unknown attribute');
    typeAt(reader, types);
    return { kind: 'tag' };
  }
  throw malformed(from, `import kind ${kind} is unknown`);
}

function typeAt(reader: ByteReader, types: readonly number[]): Signature {
  const from = reader.at;
  const offset = types[reader.u32('a type index')];
  if (offset === undefined) throw malformed(from, 'a type index names no type');
  return signature(new ByteReader(reader.bytes, offset, reader.bytes.length));
}

function requirePreview1(one: ModuleImport): void {
  const label = shown(`${one.module}.${one.name}`, 200);
  if (one.module !== PREVIEW1_MODULE) throw unknown(label, `${label} (${one.kind})`);
  const known = knownImport(one.name);
  if (known === undefined || one.kind !== 'function') throw unknown(label, `${label} (${one.kind})`);
  const wanted = written(known);
  const given = written(one.signature);
  if (given !== wanted) throw unknown(label, `${label} as ${given}; it is ${wanted}`);
}

function unknown(label: string, what: string): HostError {
  return new HostError('import-unknown', `the module imports ${what}, which does not exist here`, {
    import: label,
    remedy: `Build it for WASI preview 1: only functions of ${PREVIEW1_MODULE} can be imported.`,
  });
}

function written(signature: Signature): string {
  return `(${shown(signature.params.join(' '), 200)}) -> (${shown(signature.results.join(' '), 200)})`;
}
