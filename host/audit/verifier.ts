import { createPublicKey, hash, verify } from 'node:crypto';
import { hasStrictForm, keyBytes, parsePublicKey } from '../skill/ed25519.ts';

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
/** Ed25519 over the text of a note. Source: C2SP signed-note, signature types. */
const NOTE_ED25519 = 0x01;
export const KEY_ID_BYTES = 4;

/** The public half of the key that attests a log, made ready once for many signatures. */
export interface LogVerifier {
  /** 64 lowercase hex digits. */
  readonly publicHex: string;
  /** The name of the log and of its key in a note. */
  readonly origin: string;
  /** The four bytes that stand before each signature in a note. */
  readonly keyId: Buffer;
  /** Whether the signature is this key's, strictly. */
  isSigned(signature: Uint8Array, message: Uint8Array): boolean;
}

/** @throws HostError `key-invalid`, `key-weak` */
export function openVerifier(publicHex: string): LogVerifier {
  const raw = keyBytes(parsePublicKey(publicHex));
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  const origin = originOf(publicHex);
  return {
    publicHex,
    origin,
    keyId: keyIdOf(origin, raw),
    isSigned: (signature, message) => hasStrictForm(signature) && verify(null, message, key, signature),
  };
}

export function originOf(publicHex: string): string {
  return `wirken/audit/${publicHex}`;
}

/** The first four bytes of SHA-256(name ‖ line feed ‖ 0x01 ‖ key). Source: C2SP signed-note, Ed25519 signatures. */
export function keyIdOf(name: string, key: Uint8Array): Buffer {
  const input = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([NOTE_ED25519]), key]);
  return hash('sha256', input, 'buffer').subarray(0, KEY_ID_BYTES);
}
