import { concatBytes, decodeHex, decodeUtf8, encodeHex, encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { canonicalJson } from '../base/jcs.ts';
import { keyBytes, parsePublicKey, publicKeyOf, signMessage, verifySignature } from './ed25519.ts';
import type { PublicKey } from './skill.ts';
import { strictJson } from './strict-json.ts';

const CONTEXT = encodeUtf8('wirken/delegation-request/v1\0');
const MAX_BYTES = 4_096;

/** One line of JSON, `{"key","root","sig","v":1}`: the holder of `key` asks `root` for a delegation. */
export function requestDelegation(signerSeed: Uint8Array, root: PublicKey): string {
  const key = publicKeyOf(signerSeed);
  return `${canonicalJson({ key, root, sig: encodeHex(signMessage(messageOf(root), signerSeed)), v: 1 })}\n`;
}

/**
 * The key that asks. Without its signature a root could be talked into delegating a key whose holder knows nothing of it.
 * @throws HostError `delegation-invalid` if it is malformed, for another root or not signed by that key; `key-weak`.
 */
export function parseDelegationRequest(untrusted: Uint8Array, root: PublicKey): PublicKey {
  const text = untrusted.length > MAX_BYTES ? undefined : decodeUtf8(untrusted);
  const members = text === undefined ? undefined : strictJson(text);
  if (members === undefined || Object.keys(members).sort().join() !== 'key,root,sig,v' || members['v'] !== 1) {
    throw invalid('is not what `wirken key request` writes');
  }
  if (members['root'] !== root) throw invalid('is addressed to another root');
  const { key: untrustedKey, sig } = members;
  if (typeof untrustedKey !== 'string' || typeof sig !== 'string')
    throw invalid('is not what `wirken key request` writes');
  const key = parsePublicKey(untrustedKey);
  const signature = decodeHex(sig);
  if (signature === undefined || !verifySignature(signature, messageOf(root), key))
    throw invalid('is not signed by the key that it names');
  return key;
}

function messageOf(root: PublicKey): Uint8Array {
  return concatBytes(CONTEXT, keyBytes(root));
}

function invalid(what: string): HostError {
  return new HostError('delegation-invalid', `The delegation request ${what}`, {
    remedy: 'Ask the holder of the key to run `wirken key request` for this root again.',
  });
}
