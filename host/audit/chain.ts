import { hash } from 'node:crypto';
import { canonicalJson, type Json } from '../base/jcs.ts';

/** What a row says; the columns of the row repeat it. */
export interface Payload {
  readonly action: string;
  readonly actor: string;
  readonly channel?: string;
  /** Redactable members stand in it as their commitments. */
  readonly detail: { readonly [member: string]: Json };
  readonly session: string;
  /** `YYYY-MM-DDTHH:MM:SS.sssZ` */
  readonly ts: string;
}

/**
 * The canonical text of a payload; its UTF-8 bytes are what is hashed.
 * @throws TypeError for ill-formed Unicode and for numbers that are not finite
 * Source: RFC 8785.
 */
export function payloadText({ action, actor, channel, detail, session, ts }: Payload): string {
  const scope = channel === undefined ? {} : { channel };
  return canonicalJson({ action, actor, ...scope, detail, session: { full: session }, ts });
}

/** Hex SHA-256 of the payload's UTF-8 bytes. */
export function payloadHash(payload: string): string {
  return hash('sha256', payload, 'hex');
}

/** Hex SHA-256 over the hex digits of both; `prevHash` is empty in the first row of a session. */
export function rowHash(prevHash: string, payloadHash: string): string {
  return hash('sha256', prevHash + payloadHash, 'hex');
}
