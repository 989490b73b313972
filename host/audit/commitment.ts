import { createHash } from 'node:crypto';
import { canonicalBytes, type Json } from '../base/jcs.ts';

export const SALT_BYTES = 32;

/** Hex SHA-256(salt ‖ JCS(value)): binds the row to a value that can be removed later, and says nothing about it without the salt. */
export function commit(value: Json, salt: Uint8Array): string {
  return commitBytes(canonicalBytes(value), salt);
}

/** The same over JCS bytes that are already there. @throws TypeError for a salt of another length */
export function commitBytes(canonical: Uint8Array, salt: Uint8Array): string {
  if (salt.length !== SALT_BYTES) throw new TypeError(`a salt has ${SALT_BYTES} bytes`);
  return createHash('sha256').update(salt).update(canonical).digest('hex');
}

/** The commitment that a member of a payload's `detail` is, as hex, or `undefined` for a member in the clear. */
export function commitmentOf(member: Json): string | undefined {
  if (member === null || typeof member !== 'object' || Array.isArray(member)) return undefined;
  const [[name, value] = [], ...others] = Object.entries(member);
  return name === '$c' && typeof value === 'string' && others.length === 0 ? value : undefined;
}

/** Where a redactable member stands in the payload, as `openings` names it. Source: RFC 6901 §3. */
export function pointerTo(member: string): string {
  return `/detail/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The member of `detail` that a pointer names, or `undefined` if it leads elsewhere. */
export function memberAt(pointer: string): string | undefined {
  const member = /^\/detail\/([^/]*)$/.exec(pointer)?.[1];
  return member?.replaceAll('~1', '/').replaceAll('~0', '~');
}
