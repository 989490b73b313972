import { concatBytes, decodeHex, encodeUtf8 } from '../base/bytes.ts';

const DOMAIN = encodeUtf8('wirken/audit-head/v1\0');
const HASH_BYTES = 32;

/** A stretch of a session's rows. Hashes are hex. */
export interface HeadRange {
  readonly session: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** `prev_hash` of the first row of the stretch; empty if that is the session's first. */
  readonly prevHash: string;
  /** `hash` of the last one. */
  readonly hash: string;
}

/**
 * What the signature of a head row is over: domain ‖ u32le(byte length of session) ‖ session ‖ u64le firstSeq ‖ u64le lastSeq ‖
 * prevHash (32 bytes, zeros if empty) ‖ hash (32 bytes).
 * @throws TypeError for hashes that are no 64 lowercase hex digits and for sequence numbers that are no positive integers
 */
export function headMessage({ session, firstSeq, lastSeq, prevHash, hash }: HeadRange): Uint8Array {
  const name = encodeUtf8(session);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(name.length);
  const before = prevHash === '' ? new Uint8Array(HASH_BYTES) : hashBytes(prevHash);
  return concatBytes(DOMAIN, length, name, sequence(firstSeq), sequence(lastSeq), before, hashBytes(hash));
}

function sequence(seq: number): Uint8Array {
  if (!Number.isSafeInteger(seq) || seq < 1) throw new TypeError('a sequence number is a positive integer');
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(seq));
  return bytes;
}

function hashBytes(hex: string): Uint8Array {
  const bytes = decodeHex(hex);
  if (bytes?.length !== HASH_BYTES) throw new TypeError('a row hash is 64 lowercase hex digits');
  return bytes;
}
