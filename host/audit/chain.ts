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
  // The members stand in their canonical order already; only what lies deeper has to be sorted.
  const scope = channel === undefined ? '' : `"channel":${canonicalJson(channel)},`;
  const who = `"action":${canonicalJson(action)},"actor":${canonicalJson(actor)},${scope}`;
  return `{${who}"detail":${canonicalJson(detail)},"session":{"full":${canonicalJson(session)}},"ts":${canonicalJson(ts)}}`;
}

/** Hex SHA-256 of the payload's UTF-8 bytes. */
export function payloadHash(payload: string): string {
  return hash('sha256', payload, 'hex');
}

/** Hex SHA-256 over the hex digits of both; `prevHash` is empty in the first row of a session. */
export function rowHash(prevHash: string, payloadHash: string): string {
  return hash('sha256', prevHash + payloadHash, 'hex');
}
