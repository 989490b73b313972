import type { AuditRow } from '../../policy/event.ts';
import { shown } from '../../base/shown.ts';
import { payloadHash, rowHash } from '../chain.ts';
import { isObject } from '../json.ts';
import type { UntrustedRow } from '../source.ts';
import { canonicalEnd, type ScannedCommitment } from './canonical.ts';
import type { Findings } from './finding.ts';

const TIME =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$/;
const TEXTS = ['session', 'ts', 'actor', 'action', 'payload', 'prev_hash', 'payload_hash', 'hash'] as const;
const OPEN_BRACE = 0x7b;
const MAX_SHAPES = 1024;

/** What a row says of itself, once its columns have the types that they should have. */
export function rowOf(untrusted: UntrustedRow): AuditRow | string {
  const { id, seq, channel } = untrusted;
  if (!isPositive(id)) return 'its id is no positive integer';
  if (!isPositive(seq)) return 'its seq is no positive integer';
  if (channel !== null && typeof channel !== 'string') return 'its channel is no text';
  for (const name of TEXTS) {
    if (typeof untrusted[name] !== 'string') return `its ${name} is no text, or longer than any that this log writes`;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every column was looked at above
  return untrusted as AuditRow;
}

/** The beginning of the payloads of rows that share all three. */
interface Shape {
  readonly actor: string;
  readonly channel: string | null;
  readonly before: string;
}

/** Checks what a row says by itself: its payload, its columns, its hashes. Finds nothing in a row that is as it was written. */
export class RowCheck {
  readonly #findings: Findings;
  readonly #shapes = new Map<string, Shape>();
  readonly #commitments: ScannedCommitment[] = [];
  #isSound = false;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** What the row that was checked last commits to; `undefined` if its payload is not as the log writes payloads. */
  get commitments(): readonly ScannedCommitment[] | undefined {
    return this.#isSound ? this.#commitments : undefined;
  }

  /**
   * Answers whether the row's hash is what it should be.
   * @param isUtf8 whether the payload of the row of that id is well-formed where it is kept
   */
  check(row: AuditRow, isUtf8: (id: number) => boolean): boolean {
    const { payload, payload_hash: claimed, prev_hash: prev, hash } = row;
    if (payloadHash(payload) !== claimed) {
      this.#add(
        'payload-hash',
        row,
        'its payload is not the one whose hash it has: the payload or its hash was changed',
      );
    }
    const isHashed = rowHash(prev, claimed) === hash;
    if (!isHashed) {
      this.#add('row-hash', row, 'its hash is not the one of prev_hash and payload_hash: one of the three was changed');
    }
    // In the place of bytes that are no UTF-8 a reader of text sees this character, and their hash is not the text's.
    if (payload.includes('\ufffd') && !isUtf8(row.id)) {
      this.#add('not-canonical', row, 'its payload has bytes that are no UTF-8');
    }
    this.#commitments.length = 0;
    this.#isSound = this.#isWritten(row);
    if (!this.#isSound) this.#addPayloadFault(row);
    return isHashed;
  }

  /** Whether the payload is the canonical text of what the columns say. Slices compare faster than `startsWith` does. */
  #isWritten(row: AuditRow): boolean {
    const { payload, session, ts } = row;
    const before = this.#before(row);
    if (payload.slice(0, before.length) !== before || payload.charCodeAt(before.length) !== OPEN_BRACE) return false;
    const end = canonicalEnd(payload, before.length, this.#commitments);
    if (typeof end === 'string') return false;
    return payload.slice(end) === `,"session":{"full":"${session}"},"ts":"${ts}"}` && TIME.test(ts);
  }

  /** The payload of such a row up to its detail. */
  #before({ action, actor, channel }: AuditRow): string {
    const known = this.#shapes.get(action);
    if (known !== undefined && known.actor === actor && known.channel === channel) return known.before;
    const scope = channel === null ? '' : `,"channel":${JSON.stringify(channel)}`;
    const before = `{"action":${JSON.stringify(action)},"actor":${JSON.stringify(actor)}${scope},"detail":`;
    if (known !== undefined || this.#shapes.size < MAX_SHAPES) this.#shapes.set(action, { actor, channel, before });
    return before;
  }

  #addPayloadFault(row: AuditRow): void {
    const end = canonicalEnd(row.payload, 0);
    if (typeof end === 'string') this.#add('not-canonical', row, `its payload ${end}`);
    else if (end !== row.payload.length) this.#add('not-canonical', row, `its payload goes on after its value`);
    else this.#add('columns', row, columnsFault(row));
  }

  #add(kind: 'payload-hash' | 'row-hash' | 'not-canonical' | 'columns', row: AuditRow, reason: string): void {
    this.#findings.add(kind, { id: row.id, session: shown(row.session), seq: row.seq }, reason);
  }
}

/** What about the columns is not what the payload, which is canonical, says. */
function columnsFault(row: AuditRow): string {
  const payload: unknown = JSON.parse(row.payload);
  if (!isObject(payload)) return 'its payload is no object';
  const session = payload['session'];
  const said = {
    action: payload['action'],
    actor: payload['actor'],
    channel: payload['channel'] ?? null,
    session: isObject(session) ? session['full'] : undefined,
    ts: payload['ts'],
  };
  for (const name of ['action', 'actor', 'channel', 'session', 'ts'] as const) {
    if (said[name] === row[name]) continue;
    return `its column ${name} says ${quoted(row[name])}, its payload ${quoted(said[name])}`;
  }
  if (!TIME.test(row.ts)) return 'its ts is no time as the log writes it';
  return 'its payload has other members than a payload has';
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `“${shown(value, 64)}”` : value === null ? 'nothing' : 'something else';
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
