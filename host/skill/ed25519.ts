import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { PublicKey } from './skill.ts';
import { concatBytes, decodeHex, encodeHex } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';

export const SEED_BYTES = 32;
export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The curve: −x² + y² = 1 + d·x²·y². */
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;
/** y of two of the four points of order 8; the other two have P − Y8. */
const Y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** y of the points of order 1, 2, 4 and 8. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, P - 1n, Y8, P - Y8]);

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * A key that may verify: a point of the curve, written canonically, and not of small order (with such a key one signature fits every
 * message).
 * @throws HostError `key-invalid` for anything but 64 lowercase hex digits, `key-weak` for the rest.
 * Source: RFC 8032 §5.1.3.
 */
export function parsePublicKey(untrusted: string): PublicKey {
  const bytes = decodeHex(untrusted);
  if (bytes?.length !== KEY_BYTES) {
    throw new HostError('key-invalid', 'A public key is 64 lowercase hex digits', {
      remedy: 'Give the content of a .pub file.',
    });
  }
  const weakness = weaknessOf(bytes);
  if (weakness !== undefined) {
    throw new HostError('key-weak', `The public key ${weakness}: no honest program makes such a key`, {
      remedy: 'Do not use this bundle or key; make a key with `wirken key new`.',
    });
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one parser of this brand
  return untrusted as PublicKey;
}

/**
 * Whether `signature` is `key`'s over `message`. Strict: S below the group's order, R canonical and not of small order, and the equation
 * without cofactor, so no signature has a second form.
 * Source: RFC 8032 §5.1.7.
 */
export function verifySignature(signature: Uint8Array, message: Uint8Array, key: PublicKey): boolean {
  if (!hasStrictForm(signature)) return false;
  return verify(null, message, publicKeyObject(key), signature);
}

/**
 * Whether the two halves are ones that a strict signer could have written. OpenSSL refuses most of the others today; this does not
 * depend on it. An R that is no point fails in the equation, which is compared as bytes.
 */
export function hasStrictForm(signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || littleEndian(signature.subarray(32)) >= L) return false;
  const y = littleEndian(signature.subarray(0, 32)) & (2n ** 255n - 1n);
  return y < P && !SMALL_ORDER_Y.has(y);
}

/** The 64-byte signature over `message` by the key that grows from `seed` (32 bytes). */
export function signMessage(message: Uint8Array, seed: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKeyObject(seed)));
}

/** The public half of a seed. */
export function publicKeyOf(seed: Uint8Array): PublicKey {
  const der = createPublicKey(privateKeyObject(seed)).export({ format: 'der', type: 'spki' });
  return parsePublicKey(encodeHex(der.subarray(SPKI_PREFIX.length)));
}

/** The 32 bytes of a key. */
export function keyBytes(key: PublicKey): Uint8Array {
  return new Uint8Array(Buffer.from(key, 'hex'));
}

/** A key as people compare it: its first 16 hex digits in groups of four. The whole key stays the only identity. */
export function fingerprint(key: PublicKey): string {
  return (key.slice(0, 16).match(/.{4}/g) ?? []).join(' ');
}

function weaknessOf(encoded: Uint8Array): string | undefined {
  const y = littleEndian(encoded) & (2n ** 255n - 1n);
  if (y >= P) return 'is not written canonically';
  if (SMALL_ORDER_Y.has(y)) return 'is of small order';
  // x² = (y² − 1) / (d·y² + 1): a quotient is a square exactly if the product is (Euler's criterion; it is not 0 here).
  const y2 = (y * y) % P;
  const product = ((y2 - 1n) * (D * y2 + 1n)) % P;
  return power(product, (P - 1n) / 2n) === 1n ? undefined : 'is no point of the curve';
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes.toReversed())}`);
}

function publicKeyObject(key: PublicKey): ReturnType<typeof createPublicKey> {
  return createPublicKey({ key: Buffer.from(concatBytes(SPKI_PREFIX, keyBytes(key))), format: 'der', type: 'spki' });
}

function privateKeyObject(seed: Uint8Array): ReturnType<typeof createPrivateKey> {
  if (seed.length !== SEED_BYTES) throw new TypeError('an Ed25519 seed has 32 bytes');
  return createPrivateKey({ key: Buffer.from(concatBytes(PKCS8_PREFIX, seed)), format: 'der', type: 'pkcs8' });
}
