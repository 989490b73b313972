import { type ByteReader, malformed, unsupported } from './reader.ts';
import { referenceType, skipConstant } from './types.ts';

/** Bytes of a page of linear memory. */
export const PAGE_BYTES = 65_536;
/** What 32-bit addresses reach. */
export const MAX_PAGES = 65_536;

/** Initial and maximum size: pages of a memory, elements of a table. */
export interface Size {
  readonly initial: number;
  readonly maximum?: number;
}

/** A size together with the place of its encoding. */
export interface PlacedSize extends Size {
  readonly from: number;
  readonly end: number;
}

export interface TableSize extends PlacedSize {
  readonly element: string;
}

/** @throws HostError unsupported for shared and 64-bit memories and for odd page sizes; module-invalid */
export function memorySize(reader: ByteReader): PlacedSize {
  const size = readSize(reader, 'memory');
  if (size.initial > MAX_PAGES || (size.maximum ?? 0) > MAX_PAGES)
    throw malformed(size.from, 'a memory is larger than 4 GiB');
  return size;
}

/** The type of a table, without what may surround it in the table section. */
export function tableSize(reader: ByteReader): TableSize {
  const element = referenceType(reader, 'a table');
  return { element, ...readSize(reader, 'table') };
}

/** An entry of the table section: a type, or `0x40 0x00`, a type and an initial value. */
export function tableEntry(reader: ByteReader): TableSize {
  if (reader.left === 0 || reader.bytes[reader.at] !== 0x40) return tableSize(reader);
  const from = reader.at;
  reader.skip(1, 'a table');
  if (reader.byte('a table') !== 0) throw malformed(from, 'a table with a value has an unknown form');
  const table = tableSize(reader);
  skipConstant(reader);
  return table;
}

function readSize(reader: ByteReader, kind: 'memory' | 'table'): PlacedSize {
  const from = reader.at;
  const flags = reader.byte(`a ${kind}`);
  if (flags > 0x0f) throw malformed(from, `a ${kind} has unknown flags 0x${flags.toString(16)}`);
  if ((flags & 0x04) !== 0) throw unsupported(`a 64-bit ${kind}`);
  if ((flags & 0x02) !== 0) throw unsupported(`a shared ${kind} (threads)`);
  if ((flags & 0x08) !== 0) throw unsupported(`a ${kind} with its own page size`);
  const initial = reader.u32(`a ${kind}`);
  if ((flags & 0x01) === 0) return { from, end: reader.at, initial };
  const maximum = reader.u32(`a ${kind}`);
  if (maximum < initial) throw malformed(from, `a ${kind} has a maximum below its initial size`);
  return { from, end: reader.at, initial, maximum };
}
