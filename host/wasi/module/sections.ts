import { HostError } from '../../base/error.ts';
import { layerOf, PREAMBLE_BYTES } from './layer.ts';
import { ByteReader, malformed } from './reader.ts';

/** Every section by its id, in the order in which they may stand. Source: WebAssembly core specification §5.5.2, §5.5.17. */
const ORDER = [
  ['type', 1],
  ['import', 2],
  ['function', 3],
  ['table', 4],
  ['memory', 5],
  ['tag', 13],
  ['global', 6],
  ['export', 7],
  ['start', 8],
  ['element', 9],
  ['datacount', 12],
  ['code', 10],
  ['data', 11],
] as const;

export type SectionName = (typeof ORDER)[number][0];

const CUSTOM = 0;
const MAX_CUSTOM_SECTIONS = 10_000;

interface Section {
  /** Where its id byte stands. */
  readonly from: number;
  /** Where its contents begin and end. */
  readonly start: number;
  readonly end: number;
}

export interface CustomSection {
  readonly name: string;
  /** Of its contents, the name left out. */
  readonly bytes: number;
}

export interface SectionTable {
  readonly bytes: Uint8Array;
  readonly known: ReadonlyMap<SectionName, Section>;
  readonly custom: readonly CustomSection[];
}

/**
 * Where each section of a module stands. Sections come in order and once; together they are the whole file.
 * @throws HostError module-invalid, module-too-large
 */
export function sectionsOf(untrusted: Uint8Array): SectionTable {
  if (layerOf(untrusted) !== 'module') throw notModule(untrusted);
  const reader = new ByteReader(untrusted, PREAMBLE_BYTES, untrusted.length);
  const known = new Map<SectionName, Section>();
  const custom: CustomSection[] = [];
  let reached = -1;
  while (reader.left > 0) {
    const from = reader.at;
    const id = reader.byte('a section');
    const size = reader.size('a section');
    const section = { from, start: reader.at, end: reader.at + size };
    const part = reader.part(size, 'a section');
    if (id === CUSTOM) {
      if (custom.length === MAX_CUSTOM_SECTIONS)
        throw new HostError('module-too-large', `the module has more than ${MAX_CUSTOM_SECTIONS} custom sections`);
      const name = part.name('the name of a custom section');
      custom.push({ name, bytes: part.left });
      continue;
    }
    const place = ORDER.findIndex(([, known]) => known === id);
    const name = ORDER[place]?.[0];
    if (name === undefined) throw malformed(from, `section ${id} is unknown`);
    if (place <= reached) throw malformed(from, `the ${name} section is out of order or stands twice`);
    reached = place;
    known.set(name, section);
  }
  return { bytes: untrusted, known, custom };
}

/** A reader of one section's contents, or `undefined` if the module has none. */
export function readSection(table: SectionTable, name: SectionName): ByteReader | undefined {
  const section = table.known.get(name);
  return section && new ByteReader(table.bytes, section.start, section.end);
}

function notModule(bytes: Uint8Array): HostError {
  if (bytes.length < PREAMBLE_BYTES) return malformed(bytes.length, 'the file ends within the preamble');
  if (layerOf(bytes) === 'component') return malformed(4, 'this is a component, not a core module');
  if (bytes[0] === 0x6d && bytes[1] === 0x73 && bytes[2] === 0x61 && bytes[3] === 0x00)
    return malformed(0, 'the magic bytes stand in the wrong byte order');
  if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d)
    return malformed(0, 'the magic bytes are missing');
  return malformed(4, 'the version is unknown');
}
