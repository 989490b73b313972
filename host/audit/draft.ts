import type { Json } from '../base/jcs.ts';
import type { Detail, EventDraft } from '../policy/event.ts';
import { canonicalJson } from '../base/jcs.ts';
import { encodeUtf8 } from '../base/bytes.ts';
import { HostError } from '../base/error.ts';
import { asBlobReference, MAX_BLOB_BYTES, MAX_OPENING_BYTES, MAX_ROW_BLOB_BYTES, sha256Hex } from './blobs.ts';
import { payloadHash, payloadText } from './chain.ts';
import { commitBytes, commitmentOf, pointerTo } from './commitment.ts';
import { checkJson } from './json.ts';
import type { Salts } from './salts.ts';

/** Bytes of a payload. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

const SESSION = /^[a-z0-9][a-z0-9._:-]{0,127}$/;
/** What the log is for stays readable: these are never members that can be removed. */
const NEVER_REDACTABLE: ReadonlySet<string> = new Set([
  'action',
  'action_variant',
  'actor',
  'channel',
  'decision',
  'decider',
  'tier',
  'rule',
  'session',
  'ts',
  'key',
  'sig',
  'hash',
  'prev_hash',
  'digest',
  'publisher',
]);

/** A row with all that does not depend on where it will stand. */
export interface PreparedRow {
  readonly session: string;
  readonly ts: string;
  readonly actor: string;
  readonly action: string;
  readonly channel: string | undefined;
  readonly payload: string;
  readonly payloadHash: string;
  readonly openings: readonly PreparedOpening[];
  /** By their SHA-256. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** What it occupies while it waits. */
  readonly bytes: number;
}

export interface PreparedOpening {
  readonly pointer: string;
  readonly salt: Uint8Array;
  /** JCS text: the value, or the reference to its blob. */
  readonly value: string;
  readonly blob: string | undefined;
}

/**
 * The row of a draft.
 * @throws TypeError for a draft that breaks the contract of `EventDraft`; HostError `audit-unwritable` for one too large or too deep, or for
 * a redactable value for which JCS or other programs have no exact form
 */
export function prepareRow(draft: EventDraft, ts: string, salts: Salts): PreparedRow {
  const { session, actor, action, channel, detail, redactable = {} } = draft;
  if (!SESSION.test(session)) throw new TypeError('a session id is a lowercase name of at most 128 characters');
  checkDetail(detail, redactable);
  const room = new BlobRoom(draft.blobs ?? []);
  const openings: PreparedOpening[] = [];
  const commitments: { [member: string]: Json } = {};
  let bytes = 0;
  for (const [member, value] of Object.entries(redactable)) {
    const salt = salts.next();
    const stored = inWords(() => room.store(value));
    commitments[member] = { $c: commitBytes(encodeUtf8(stored.value), salt) };
    openings.push({ pointer: pointerTo(member), salt, ...stored });
    bytes += stored.value.length;
  }
  const scope = channel === undefined ? {} : { channel };
  const payload = payloadText({ action, actor, ...scope, detail: { ...detail, ...commitments }, session, ts });
  if (payload.length > MAX_PAYLOAD_BYTES) {
    throw new HostError('audit-unwritable', `A row of the audit log takes at most ${MAX_PAYLOAD_BYTES} bytes`, {
      remedy: 'Lower the limits of the call that is recorded.',
    });
  }
  const blobs = room.kept();
  return {
    session,
    ts,
    actor,
    action,
    channel,
    payload,
    payloadHash: payloadHash(payload),
    openings,
    blobs,
    bytes: bytes + payload.length + room.bytes,
  };
}

function checkDetail(detail: Detail, redactable: Detail): void {
  checkJson(detail);
  for (const [member, value] of Object.entries(detail)) {
    if (commitmentOf(value) !== undefined) throw new TypeError(`${member} looks like a commitment`);
  }
  for (const member of Object.keys(redactable)) {
    if (Object.hasOwn(detail, member)) throw new TypeError(`${member} stands in detail and in redactable`);
    if (NEVER_REDACTABLE.has(member)) throw new TypeError(`${member} can never be redactable`);
  }
}

/**
 * What can be removed was said by others: that the log has no form for it is their fault, and ends only what would be recorded.
 * @throws HostError `audit-unwritable`
 */
function inWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new HostError('audit-unwritable', `The audit log cannot hold this value: ${error.message}`, {
      remedy: 'Write large integers as strings, and text as well-formed Unicode.',
    });
  }
}

/** The blobs of one row. */
class BlobRoom {
  /** Handed in beside the draft; kept once a member refers to them. */
  readonly #given: ReadonlyMap<string, Uint8Array>;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #used = new Set<string>();
  bytes = 0;

  constructor(given: readonly Uint8Array[]) {
    this.#given = new Map(given.map((blob) => [sha256Hex(blob), blob]));
  }

  /** How a redactable value stands in `openings`. */
  store(value: Json): Pick<PreparedOpening, 'value' | 'blob'> {
    checkJson(value);
    const text = canonicalJson(value);
    const reference = asBlobReference(value);
    if (reference !== undefined) {
      const given = this.#given.get(reference.$blob);
      if (given?.length === reference.bytes) {
        this.#keep(reference.$blob, given);
        return { value: text, blob: reference.$blob };
      }
    } else if (text.length <= MAX_OPENING_BYTES && Buffer.byteLength(text) <= MAX_OPENING_BYTES) {
      return { value: text, blob: undefined };
    }
    const bytes = encodeUtf8(text);
    const sha256 = sha256Hex(bytes);
    this.#keep(sha256, bytes);
    return { value: canonicalJson({ $blob: sha256, bytes: bytes.length }), blob: sha256 };
  }

  /** @throws TypeError for a blob beside the draft to which no member refers: nothing could ever remove it */
  kept(): ReadonlyMap<string, Uint8Array> {
    for (const sha256 of this.#given.keys()) {
      if (!this.#used.has(sha256)) throw new TypeError('no redactable member refers to a blob of the draft');
    }
    return this.#kept;
  }

  #keep(sha256: string, bytes: Uint8Array): void {
    this.#used.add(sha256);
    if (this.#kept.has(sha256) || bytes.length > MAX_BLOB_BYTES) return;
    if (this.bytes + bytes.length > MAX_ROW_BLOB_BYTES) return;
    this.#kept.set(sha256, bytes);
    this.bytes += bytes.length;
  }
}
