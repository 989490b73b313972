import { HostError } from '../../../base/error.ts';
import { PREAMBLE_BYTES } from '../../../wasi/module/layer.ts';
import { ByteReader, malformed } from '../../../wasi/module/reader.ts';

const IMPORT = 10;
const EXPORT = 11;

/**
 * What a component imports and exports, by name; as far as it can be read.
 * Source: Component Model, Binary.md, "Import and Export Definitions".
 */
export function componentNames(untrusted: Uint8Array): {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
} {
  const imports: string[] = [];
  const exports: string[] = [];
  try {
    const reader = new ByteReader(untrusted, PREAMBLE_BYTES, untrusted.length);
    while (reader.left > 0) {
      const id = reader.byte('a section');
      const part = reader.part(reader.size('a section'), 'a section');
      if (id === IMPORT) readEach(part, imports, (entry) => skipDescription(entry));
      if (id === EXPORT) {
        readEach(part, exports, (entry) => {
          if (entry.byte('a sort') === 0) entry.byte('a core sort');
          entry.u32('an index');
          if (entry.byte('a type') === 1) skipDescription(entry);
        });
      }
    }
  } catch (error) {
    // The transpiler says what is wrong with it; here stands what could be read.
    if (!(error instanceof HostError)) throw error;
  }
  return { imports, exports };
}

function readEach(reader: ByteReader, into: string[], skip: (reader: ByteReader) => void): void {
  for (let left = reader.count(3, 'entries'); left > 0; left -= 1) {
    const tag = reader.byte('a name');
    into.push(reader.name('a name'));
    if (tag === 2) reader.name('options of a name');
    skip(reader);
  }
}

function skipDescription(reader: ByteReader): void {
  const from = reader.at;
  const sort = reader.byte('a description');
  if (sort === 0) reader.byte('a core sort');
  else if (sort === 2 || sort === 3) {
    if (reader.byte('a bound') === 1 && sort === 3) return;
  } else if (sort > 5) throw malformed(from, 'a description is unknown');
  reader.u32('an index');
}
