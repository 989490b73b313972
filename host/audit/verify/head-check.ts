import type { AuditRow } from '../../policy/event.ts';
import { decodeHex } from '../../base/bytes.ts';
import { shown } from '../../base/shown.ts';
import { headMessage } from '../head.ts';
import { isObject } from '../json.ts';
import type { LogVerifier } from '../verifier.ts';
import type { FindingKind } from './finding.ts';
import type { SessionState } from './ledger.ts';

const HASH = /^[0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

export interface HeadFault {
  readonly kind: FindingKind;
  readonly reason: string;
}

interface Head {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly prevHash: string;
  readonly hash: string;
  readonly key: string;
  readonly sig: string;
}

/**
 * What is wrong with a head row; the first thing, for one mistake often makes several.
 * @param state the session as it was before this row
 */
export function headFault(row: AuditRow, state: SessionState, log: LogVerifier): HeadFault | undefined {
  const head = parseHead(row.payload);
  if (head === undefined) return { kind: 'head-malformed', reason: 'it is a head without the members of one' };
  const { firstSeq, lastSeq, prevHash, hash, key, sig } = head;
  if (key !== log.publicHex) {
    return { kind: 'head-key', reason: `it is a head of the key ${shown(key)}, not of the key of this log` };
  }
  const message = headMessage({ session: row.session, firstSeq, lastSeq, prevHash, hash });
  if (!log.isSigned(decodeHex(sig) ?? new Uint8Array(), message)) {
    return {
      kind: 'head-signature',
      reason: `its signature is none of this log over rows ${firstSeq} to ${lastSeq} of this session: the head was changed, or is another session's`,
    };
  }
  if (firstSeq !== state.headLast + 1 || lastSeq !== row.seq - 1) {
    return {
      kind: 'head-range',
      reason: `it attests rows ${firstSeq} to ${lastSeq}, and stands where ${state.headLast + 1} to ${row.seq - 1} should be attested: rows were removed or added, or the head was moved`,
    };
  }
  if (prevHash !== state.headHash) {
    return {
      kind: 'head-prev-hash',
      reason: `it attests that row ${firstSeq} of the session follows ${named(prevHash)}, and it follows ${named(state.headHash)}: rows before it were changed`,
    };
  }
  if (hash !== state.lastHash) {
    return {
      kind: 'head-hash',
      reason: `it attests ${named(hash)} for row ${lastSeq} of the session, which has ${named(state.lastHash)}: one of the rows ${firstSeq} to ${lastSeq} was changed and the chain recomputed`,
    };
  }
  return undefined;
}

function parseHead(payload: string): Head | undefined {
  const detail = detailOf(payload);
  if (detail === undefined) return undefined;
  const { first_seq: firstSeq, last_seq: lastSeq, prev_hash: prevHash, hash, key, sig } = detail;
  if (!isSequence(firstSeq) || !isSequence(lastSeq) || firstSeq > lastSeq) return undefined;
  if (typeof prevHash !== 'string' || (prevHash !== '' && !HASH.test(prevHash))) return undefined;
  if (typeof hash !== 'string' || !HASH.test(hash)) return undefined;
  if (typeof key !== 'string' || typeof sig !== 'string' || !SIGNATURE.test(sig)) return undefined;
  return { firstSeq, lastSeq, prevHash, hash, key, sig };
}

/** The detail of a payload that may be anything. */
export function detailOf(payload: string): { readonly [member: string]: unknown } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  const detail = isObject(value) ? value['detail'] : undefined;
  return isObject(detail) ? detail : undefined;
}

function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function named(hash: string): string {
  return hash === '' ? 'nothing' : `the hash ${shown(hash.slice(0, 16))}…`;
}
