import { hash } from 'node:crypto';
import type * as Zlib from 'node:zlib';
import { HostError } from '../base/error.ts';
import { isObject } from './json.ts';

/** A value whose canonical text is larger than this stands in `blobs`, and a reference to it in `openings`. */
export const MAX_OPENING_BYTES = 64 * 1024;
/** A larger value is committed to, but not kept. */
export const MAX_BLOB_BYTES = 32 * 1024 * 1024;
/** All kept blobs of one row; the ones beyond are committed to, but not kept. */
export const MAX_ROW_BLOB_BYTES = 64 * 1024 * 1024;

/** Below this, compressing gains nothing. */
const MIN_PACKED_BYTES = 256;
const REFERENCE_BLOB = /^[0-9a-f]{64}$/;

/** What stands in the place of a large value. Every opening of this shape is a reference: a value that only looks like one is kept as a blob. */
export interface BlobReference {
  /** Hex SHA-256 of the bytes. */
  readonly $blob: string;
  readonly bytes: number;
}

export function asBlobReference(value: unknown): BlobReference | undefined {
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined;
  const { $blob, bytes } = value;
  if (typeof $blob !== 'string' || !REFERENCE_BLOB.test($blob)) return undefined;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) return undefined;
  return { $blob, bytes };
}

/** How a row of `blobs` holds its bytes. */
export interface PackedBlob {
  readonly encoding: 'raw' | 'zstd';
  readonly data: Uint8Array;
}

export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Compressed if that is smaller. */
export function packBlob(bytes: Uint8Array): PackedBlob {
  if (bytes.length < MIN_PACKED_BYTES) return { encoding: 'raw', data: bytes };
  const data = zlib().zstdCompressSync(bytes);
  return data.length < bytes.length ? { encoding: 'zstd', data } : { encoding: 'raw', data: bytes };
}

/**
 * The bytes of a row of `blobs`, checked against their name.
 * @param reference what the opening says
 * @throws HostError `audit-invalid` for bytes that are not the ones that were committed to
 */
export function unpackBlob({ $blob, bytes }: BlobReference, { encoding, data }: PackedBlob): Uint8Array {
  const unpacked = bytes > MAX_BLOB_BYTES ? undefined : encoding === 'raw' ? data : inflate(data, bytes);
  if (unpacked?.length !== bytes || sha256Hex(unpacked) !== $blob) {
    throw new HostError('audit-invalid', `The blob ${$blob} of the audit log is damaged`, {
      remedy: 'What the row says stays verifiable; this value of it does not.',
    });
  }
  return unpacked;
}

function inflate(data: Uint8Array, bytes: number): Uint8Array | undefined {
  try {
    return zlib().zstdDecompressSync(data, { maxOutputLength: Math.max(bytes, 1) });
  } catch {
    return undefined;
  }
}

/** Loaded when a row has a blob; most have none. */
function zlib(): typeof Zlib {
  return process.getBuiltinModule('node:zlib');
}
