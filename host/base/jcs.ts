import { encodeUtf8 } from './bytes.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The canonical text of a JSON value: members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them.
 * @throws TypeError for a number that is not finite and for ill-formed Unicode.
 * Source: RFC 8785.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('JCS has no form for a number that is not finite');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('JCS has no form for ill-formed Unicode');
    return JSON.stringify(value);
  }
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`).join(',')}}`;
}

export function canonicalBytes(value: Json): Uint8Array<ArrayBuffer> {
  return encodeUtf8(canonicalJson(value));
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
