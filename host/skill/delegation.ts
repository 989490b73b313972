import type { Json } from '../base/jcs.ts';
import { canonicalBytes, canonicalJson } from '../base/jcs.ts';
import { concatBytes, decodeHex, decodeUtf8, encodeHex, encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { keyBytes, parsePublicKey, publicKeyOf, signMessage, verifySignature } from './ed25519.ts';
import { parseSkillName } from './names.ts';
import type { PublicKey, SkillName } from './skill.ts';
import { strictJson } from './strict-json.ts';

export const MAX_DELEGATION_BYTES = 64 * 1024;
const MAX_NAMES = 256;
const MAX_PUBLISHER_CHARS = 128;
const CONTEXT = encodeUtf8('wirken/skill-delegation/v2\0');
const SIGNATURE = /^[0-9a-f]{128}$/;
const KEY = /^[0-9a-f]{64}$/;
const PREFIX = /^([a-z][a-z0-9-]{0,62}-)\*$/;
const MEMBERS = ['key', 'names', 'not_after', 'not_before', 'publisher', 'serial', 'sig', 'v'];

/** What a version 2 delegation says. */
export interface DelegationTerms {
  readonly key: PublicKey;
  /** Skill names, `prefix-*`, `*`. */
  readonly names: readonly string[];
  /** `YYYY-MM-DDTHH:MM:SS.sssZ`, both inclusive. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly publisher: string;
  readonly serial: number;
}

/** SKILL.deleg, well-formed; who signed it is still open. */
export type Delegation =
  | { readonly kind: 'bare'; readonly signature: Uint8Array }
  | { readonly kind: 'v2'; readonly signature: Uint8Array; readonly terms: DelegationTerms };

/** What a delegation is worth, once a root's signature has been found under it. */
export interface Delegated {
  readonly root: PublicKey;
  readonly rootName: string;
  /** Of version 2; otherwise the signer's key. */
  readonly publisher: string;
  /** Of version 2. */
  readonly serial?: number;
}

/** @throws HostError `delegation-invalid` for whatever is not exactly one of the two forms. */
export function parseDelegation(untrusted: Uint8Array): Delegation {
  if (untrusted.length > MAX_DELEGATION_BYTES) throw invalid('is larger than 64 KiB');
  const line = decodeUtf8(untrusted)?.replace(/\n$/, '');
  if (line === undefined) throw invalid('is not UTF-8');
  if (SIGNATURE.test(line)) return { kind: 'bare', signature: hexBytes(line) };
  if (!line.startsWith('{') || line.includes('\n')) {
    throw invalid('is neither 128 lowercase hex digits nor one line of JSON');
  }
  const members = strictJson(line);
  if (members === undefined) throw invalid('is not one JSON object without duplicate keys');
  const { sig } = members;
  if (Object.keys(members).sort().join() !== MEMBERS.join())
    throw invalid(`must have the members ${MEMBERS.join(', ')}`);
  if (members['v'] !== 2) throw invalid('is of an unknown version');
  if (typeof sig !== 'string' || !SIGNATURE.test(sig)) throw invalid('has no signature of 128 lowercase hex digits');
  return { kind: 'v2', signature: hexBytes(sig), terms: parseTerms(members) };
}

/**
 * Judges a delegation of `key` for the skill `name` at the time `now`.
 * @throws HostError `delegation-invalid`.
 */
export function checkDelegation(
  delegation: Delegation,
  key: PublicKey,
  name: SkillName,
  roots: ReadonlyMap<PublicKey, string>,
  now: number,
): Delegated {
  const root = rootOf(delegation, key, roots);
  if (root === undefined) {
    throw invalid(
      'is not signed by a root that is trusted here',
      'Add the root with `wirken trust add`, if you trust it.',
    );
  }
  const rootName = roots.get(root) ?? '';
  if (delegation.kind === 'bare') return { root, rootName, publisher: key };
  const { terms } = delegation;
  if (terms.key !== key) throw invalid('is for another key than SKILL.pub');
  if (!coversName(terms.names, name)) throw invalid(`does not cover the name ${name}`);
  if (now < Date.parse(terms.notBefore))
    throw invalid(`is not valid before ${terms.notBefore}`, 'Check the clock of this machine.');
  if (now > Date.parse(terms.notAfter))
    throw invalid(`expired on ${terms.notAfter}`, 'Ask the publisher for a bundle with a new one.');
  return { root, rootName, publisher: terms.publisher, serial: terms.serial };
}

/** The root that signed this delegation for `key`, if it is one of `roots`. */
export function rootOf(
  delegation: Delegation,
  key: PublicKey,
  roots: ReadonlyMap<PublicKey, string>,
): PublicKey | undefined {
  const message = delegation.kind === 'bare' ? keyBytes(key) : messageOf(delegation.terms);
  return [...roots.keys()].find((root) => verifySignature(delegation.signature, message, root));
}

export function coversName(names: readonly string[], name: SkillName): boolean {
  return names.some((pattern) => {
    const prefix = PREFIX.exec(pattern)?.[1];
    return pattern === '*' || pattern === name || (prefix !== undefined && name.startsWith(prefix));
  });
}

/** The content of a SKILL.deleg of version 2. @throws HostError `delegation-invalid` for terms that no reader would take. */
export function delegate(rootSeed: Uint8Array, terms: DelegationTerms): string {
  const unsigned = asMembers(terms);
  parseTerms(unsigned);
  refuseOwnKey(rootSeed, terms.key);
  return `${canonicalJson({ ...unsigned, sig: encodeHex(signMessage(messageOf(terms), rootSeed)) })}\n`;
}

/** The content of a bare SKILL.deleg. */
export function delegateBare(rootSeed: Uint8Array, key: PublicKey): string {
  refuseOwnKey(rootSeed, key);
  return `${encodeHex(signMessage(keyBytes(key), rootSeed))}\n`;
}

function refuseOwnKey(rootSeed: Uint8Array, key: PublicKey): void {
  if (publicKeyOf(rootSeed) !== key) return;
  throw new HostError('key-is-root', 'A root delegates to other keys, never to itself', {
    remedy: 'Make a key with `wirken key new`.',
  });
}

function parseTerms(members: { readonly [key: string]: Json }): DelegationTerms {
  const { key, names, not_after: notAfter, not_before: notBefore, publisher, serial } = members;
  if (typeof key !== 'string' || !KEY.test(key)) throw invalid('has a key that is not 64 lowercase hex digits');
  if (!isTime(notBefore) || !isTime(notAfter))
    throw invalid('has a time that is not of the form YYYY-MM-DDTHH:MM:SS.sssZ');
  if (notBefore > notAfter) throw invalid('ends before it begins');
  if (typeof publisher !== 'string' || !isPublisher(publisher)) throw invalid('has no proper publisher');
  if (typeof serial !== 'number' || !Number.isSafeInteger(serial) || serial < 0)
    throw invalid('has a serial that is no whole number');
  return { key: signerOf(key), names: parseNames(names), notBefore, notAfter, publisher, serial };
}

function signerOf(key: string): PublicKey {
  try {
    return parsePublicKey(key);
  } catch {
    throw invalid('is for a key that no honest program makes');
  }
}

function parseNames(untrusted: Json | undefined): readonly string[] {
  if (!Array.isArray(untrusted) || untrusted.length === 0 || untrusted.length > MAX_NAMES) {
    throw invalid(`must have between 1 and ${MAX_NAMES} names`);
  }
  return untrusted.map((name: unknown) => {
    if (typeof name === 'string' && (name === '*' || PREFIX.test(name) || parseSkillName(name) !== undefined))
      return name;
    throw invalid('has a name that is neither a skill name nor `prefix-*` nor `*`');
  });
}

/** A publisher is a short text that shows as what it is, and no key: a bare delegation's publisher is one. */
export function isPublisher(text: string): boolean {
  const fits = text.length > 0 && text.length <= MAX_PUBLISHER_CHARS && text.trim() === text;
  return fits && shown(text) === text && !KEY.test(text);
}

function isTime(value: Json | undefined): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === value;
}

function asMembers(terms: DelegationTerms): { readonly [key: string]: Json } {
  const { key, names, notAfter, notBefore, publisher, serial } = terms;
  return { key, names, not_after: notAfter, not_before: notBefore, publisher, serial, v: 2 };
}

function messageOf(terms: DelegationTerms): Uint8Array {
  return concatBytes(CONTEXT, canonicalBytes(asMembers(terms)));
}

function hexBytes(hex: string): Uint8Array {
  const bytes = decodeHex(hex);
  if (bytes === undefined) throw new TypeError('the caller has matched this as hex');
  return bytes;
}

function invalid(
  what: string,
  remedy = 'Ask the publisher for a new SKILL.deleg, or remove it to use the bundle as self-signed.',
): HostError {
  return new HostError('delegation-invalid', `SKILL.deleg ${what}`, { file: 'SKILL.deleg', remedy });
}
