import { hash } from 'node:crypto';
import * as noble from '@noble/ed25519';
import { assert, constantFrom, nat, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHex, encodeHex } from '../base/bytes.ts';
import type { HostError } from '../base/error.ts';
import { fingerprint, hasStrictForm, parsePublicKey, publicKeyOf, signMessage, verifySignature } from './ed25519.ts';
import type { PublicKey } from './skill.ts';

noble.hashes.sha512 = (message) => new Uint8Array(hash('sha512', message, 'buffer'));

const { Point } = noble;
const P = 2n ** 255n - 19n;
const L = Point.CURVE().n;
const seed = uint8Array({ minLength: 32, maxLength: 32 });

function le(value: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toReversed());
}

function fromLe(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes.toReversed())}`);
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return (error as HostError).code;
  }
}

/** What noble says: its own strict branch, plus the check of R that it does not make. */
function oracle(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    if (Point.fromBytes(signature.subarray(0, 32)).isSmallOrder()) return false;
  } catch {
    return false;
  }
  return noble.verify(signature, message, key, { zip215: false });
}

/** Every point of order 8 or less, from one that noble finds. */
function torsion(): noble.Point[] {
  for (let y = 2n; ; y++) {
    let point: noble.Point;
    try {
      point = Point.fromBytes(le(y));
    } catch {
      continue;
    }
    // n·P leaves the torsion part alone.
    let torsion = Point.ZERO;
    for (let bit = 256n; bit >= 0n; bit--) {
      torsion = torsion.double();
      if ((L >> bit) & 1n) torsion = torsion.add(point);
    }
    if (torsion.double().double().is0()) continue;
    const all = [Point.ZERO];
    for (let i = 1; i < 8; i++) all.push(all[i - 1]!.add(torsion));
    return all;
  }
}

describe('parsePublicKey', () => {
  const small = torsion().map((point) => encodeHex(point.toBytes()));

  it('knows eight points of small order', () => {
    expect(new Set(small).size).toBe(8);
  });

  it.for(small)('refuses %s, of small order', (hex) => {
    expect(codeOf(() => parsePublicKey(hex))).toBe('key-weak');
  });

  it.for(small)('refuses %s with the other sign', (hex) => {
    const bytes = decodeHex(hex)!;
    bytes[31]! ^= 0x80;
    expect(codeOf(() => parsePublicKey(encodeHex(bytes)))).toBe('key-weak');
  });

  it.for(Array.from({ length: 19 }, (_, i) => P + BigInt(i)))('refuses the y %s above the field', (y) => {
    for (const sign of [0n, 1n << 255n]) expect(codeOf(() => parsePublicKey(encodeHex(le(y | sign))))).toBe('key-weak');
  });

  it.for([
    ['', 'nothing'],
    ['00', 'short'],
    ['A'.repeat(64), 'capitals'],
    [`${'a'.repeat(63)} `, 'a blank'],
    ['a'.repeat(66), 'long'],
  ])('refuses %j (%s) as no key', ([hex]) => {
    expect(codeOf(() => parsePublicKey(hex!))).toBe('key-invalid');
  });

  it('agrees with noble on which encodings are points of large order', () => {
    assert(
      property(uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        let accepted = true;
        try {
          accepted = !Point.fromBytes(bytes).isSmallOrder();
        } catch {
          accepted = false;
        }
        expect(codeOf(() => parsePublicKey(encodeHex(bytes)))).toBe(accepted ? 'accepted' : 'key-weak');
      }),
      { numRuns: 300 },
    );
  });
});

describe('verifySignature', () => {
  it('answers the test vectors of RFC 8032', () => {
    const vectors = [
      [
        '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
    ] as const;
    for (const [secret, key, message, signature] of vectors) {
      expect(publicKeyOf(decodeHex(secret)!)).toBe(key);
      expect(encodeHex(signMessage(decodeHex(message)!, decodeHex(secret)!))).toBe(signature);
      expect(verifySignature(decodeHex(signature)!, decodeHex(message)!, parsePublicKey(key))).toBe(true);
    }
  });

  it('signs as noble does, and noble accepts it', () => {
    assert(
      property(seed, uint8Array({ maxLength: 100 }), (secret, message) => {
        const signature = signMessage(message, secret);
        expect(signature).toEqual(noble.sign(message, secret));
        expect(verifySignature(signature, message, publicKeyOf(secret))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses every flipped bit, as noble does', () => {
    assert(
      property(seed, nat(511), (secret, bit) => {
        const message = secret.subarray(0, 9);
        const signature = signMessage(message, secret);
        signature[bit >> 3]! ^= 1 << (bit & 7);
        const key = publicKeyOf(secret);
        expect(verifySignature(signature, message, key)).toBe(false);
        expect(oracle(signature, message, decodeHex(key)!)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a malleated S', () => {
    assert(
      property(seed, constantFrom(1n, 2n, 7n), (secret, times) => {
        const message = new Uint8Array([1, 2, 3]);
        const signature = signMessage(message, secret);
        const s = fromLe(signature.subarray(32)) + times * L;
        signature.set(le(s), 32);
        expect(verifySignature(signature, message, publicKeyOf(secret))).toBe(false);
        expect(oracle(signature, message, decodeHex(publicKeyOf(secret))!)).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  it('refuses an R of small order even where the equation holds', () => {
    const secret = new Uint8Array(32).fill(5);
    const key = publicKeyOf(secret);
    const digest = hash('sha512', secret, 'buffer').subarray(0, 32);
    digest[0]! &= 248;
    digest.writeUInt8((digest.readUInt8(31) & 127) | 64, 31);
    const scalar = fromLe(new Uint8Array(digest)) % L;
    const message = new Uint8Array([9]);
    const r = Point.ZERO.toBytes();
    const k = fromLe(new Uint8Array(hash('sha512', Buffer.concat([r, decodeHex(key)!, message]), 'buffer'))) % L;
    const signature = new Uint8Array([...r, ...le((k * scalar) % L)]);
    // The equation does hold: a lax verifier takes it.
    expect(noble.verify(signature, message, decodeHex(key)!)).toBe(true);
    expect(verifySignature(signature, message, key)).toBe(false);
  });

  it('refuses the key of order one with the signature that fits everything', () => {
    const identity = Point.ZERO.toBytes();
    const signature = new Uint8Array([...identity, ...new Uint8Array(32)]);
    expect(noble.verify(signature, new Uint8Array([1]), identity)).toBe(true);
    // Even if such a key slipped through its parser.
    expect(verifySignature(signature, new Uint8Array([1]), encodeHex(identity) as PublicKey)).toBe(false);
  });

  it('refuses an R that is not canonical and lengths other than 64', () => {
    const secret = new Uint8Array(32).fill(6);
    const message = new Uint8Array([4]);
    const signature = signMessage(message, secret);
    const odd = Uint8Array.from(signature);
    odd.set(le(P + 3n), 0);
    expect(verifySignature(odd, message, publicKeyOf(secret))).toBe(false);
    expect(verifySignature(signature.subarray(0, 63), message, publicKeyOf(secret))).toBe(false);
    expect(verifySignature(new Uint8Array([...signature, 0]), message, publicKeyOf(secret))).toBe(false);
  });
});

it('shows a key to people in groups', () => {
  expect(fingerprint(parsePublicKey('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'))).toBe(
    'd75a 9801 82b1 0ab7',
  );
});

describe('hasStrictForm', () => {
  const signature = signMessage(new Uint8Array([1]), new Uint8Array(32).fill(7));
  const s = fromLe(signature.subarray(32));

  it('takes what a signer writes', () => {
    expect(hasStrictForm(signature)).toBe(true);
  });

  it.for<[string, Uint8Array]>([
    ['S + L', new Uint8Array([...signature.subarray(0, 32), ...le(s + L)])],
    ['S = L', new Uint8Array([...signature.subarray(0, 32), ...le(L)])],
    ['an R above the field', new Uint8Array([...le(P + 3n), ...signature.subarray(32)])],
    ['one byte less', signature.subarray(1)],
    ...torsion().map((point): [string, Uint8Array] => [
      `the R ${encodeHex(point.toBytes())}`,
      new Uint8Array([...point.toBytes(), ...signature.subarray(32)]),
    ]),
  ])('refuses %s', ([, bytes]) => {
    expect(hasStrictForm(bytes)).toBe(false);
  });
});
