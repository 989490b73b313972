import type nodeZlib from 'node:zlib';
import { concatBytes } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { MAX_DECODED_BYTES, PACKED_MAGIC } from './format.ts';

/** Below this, compressing gains nothing that matters. */
const MIN_PACKED_BYTES = 4096;

type Zlib = typeof nodeZlib;

/** Loaded at the first use: most journals are short. */
let loaded: Zlib | undefined;

function zlib(): Zlib {
  return (loaded ??= process.getBuiltinModule('node:zlib'));
}

/** A journal as it is kept: compressed if it is long and that makes it shorter. */
export function packJournal(bytes: Uint8Array): Uint8Array {
  if (bytes.length < MIN_PACKED_BYTES) return bytes;
  const { constants, zstdCompressSync } = zlib();
  const packed = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  return PACKED_MAGIC.length + packed.length < bytes.length ? concatBytes(PACKED_MAGIC, packed) : bytes;
}

/** The same bytes before they were packed; others as they are. @throws HostError `audit-invalid` */
export function unpackJournal(untrusted: Uint8Array): Uint8Array {
  if (Buffer.compare(untrusted.subarray(0, PACKED_MAGIC.length), PACKED_MAGIC) !== 0) return untrusted;
  try {
    return zlib().zstdDecompressSync(untrusted.subarray(PACKED_MAGIC.length), { maxOutputLength: MAX_DECODED_BYTES });
  } catch {
    throw new HostError('audit-invalid', 'the journal of a call is no journal: what is packed in it does not unpack');
  }
}
