import { hash } from 'node:crypto';
import type { AuditRow } from '../../policy/event.ts';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { asBlobReference, MAX_BLOB_BYTES, MAX_OPENING_BYTES, MAX_ROW_BLOB_BYTES, unpackBlob } from '../blobs.ts';
import { pointerTo, SALT_BYTES } from '../commitment.ts';
import type { RowStore, UntrustedBlob, UntrustedOpening } from '../source.ts';
import { canonicalEnd, type ScannedCommitment } from './canonical.ts';
import type { FindingKind, Findings } from './finding.ts';
import { detailOf } from './head-check.ts';
import type { Ledger } from './ledger.ts';

/** Names of members whose pointers are remembered. */
const MAX_POINTERS = 256;
const BLOB = '{"$blob":';
const RANGES = /^[1-9][0-9]{0,15}(?:-[1-9][0-9]{0,15})?(?:,[1-9][0-9]{0,15}(?:-[1-9][0-9]{0,15})?)*$/;

/** What became of the values that rows commit to. */
export interface ContentCounts {
  /** Opened, and what the row commits to. */
  opened: number;
  /** Gone, and a row says that they were redacted. */
  redacted: number;
  /** Committed to, but too large to be kept. */
  notKept: number;
  /** Not part of the source: an export without openings. */
  notGiven: number;
}

/** Checks that the values beside the rows are the ones that the rows commit to, and that what is gone was redacted. */
export class ContentCheck {
  readonly counts: ContentCounts = { opened: 0, redacted: 0, notKept: 0, notGiven: 0 };
  readonly #findings: Findings;
  readonly #ledger: Ledger;
  readonly #store: RowStore | undefined;
  readonly #pointers = new Map<string, string>();
  readonly #input = Buffer.alloc(SALT_BYTES + MAX_OPENING_BYTES);

  constructor(ledger: Ledger, store: RowStore | undefined, findings: Findings) {
    this.#ledger = ledger;
    this.#store = store;
    this.#findings = findings;
  }

  /** @param openings `undefined` where the source does not hold them */
  check(
    row: AuditRow,
    commitments: readonly ScannedCommitment[],
    openings: readonly UntrustedOpening[] | undefined,
  ): void {
    if (row.action === 'audit.redacted') this.forgive(row.payload, row.id);
    if (openings === undefined) {
      this.counts.notGiven += commitments.length;
      return;
    }
    if (openings.length === 0 && commitments.length === 0) return;
    const left = commitments.map(({ member, digest }) => ({ pointer: this.#pointerTo(member), digest }));
    let room = MAX_ROW_BLOB_BYTES;
    for (const opening of openings) {
      const { pointer } = opening;
      const at = left.findIndex((commitment) => commitment.pointer === pointer);
      const [commitment] = at === -1 ? [] : left.splice(at, 1);
      if (commitment !== undefined) room -= this.#checkOpening(opening, commitment.digest, room, row);
      else
        this.#add(
          'opening-unknown',
          row,
          `something is kept for ${pointed(pointer)}, to which the row does not commit`,
        );
    }
    const { id, seq } = row;
    for (const { pointer } of left) this.#ledger.addMissing({ id, pointer, session: shown(row.session), seq });
  }

  stray(id: unknown, pointer: unknown): void {
    const place = typeof id === 'number' ? { id } : {};
    this.#findings.add(
      'opening-unknown',
      place,
      `something is kept for ${pointed(pointer)} of a row that is not there`,
    );
  }

  /** Takes note of what a row says was redacted. @param id of that row: only what stands before it */
  forgive(payload: string, id: number): void {
    const { pointer, rows } = detailOf(payload) ?? {};
    if (typeof pointer !== 'string' || typeof rows !== 'string' || !RANGES.test(rows)) return;
    for (const range of rows.split(',')) {
      const [from = 0, to = from] = range.split('-').map(Number);
      this.counts.redacted += this.#ledger.forgive(pointer, from, Math.min(to, id - 1));
    }
  }

  /** After the last row. @param isWhole whether all sessions were read */
  end(isWhole: boolean, maxFindings: number): void {
    if (!isWhole && this.#ledger.missing > 0) this.#forgiveFromElsewhere();
    const missing = this.#ledger.missing;
    for (const { id, session, seq, pointer } of this.#ledger.firstMissing(maxFindings)) {
      const reason = `unverifiable, because what opens ${shown(pointer)} is gone and no row says that it was redacted`;
      this.#findings.add('opening-missing', { id, session, seq }, reason);
    }
    this.#findings.more('opening-missing', missing - Math.min(missing, maxFindings));
    if (isWhole && this.#store !== undefined) for (const blob of this.#store.blobs()) this.#checkBlob(blob);
  }

  #forgiveFromElsewhere(): void {
    for (const { id, payload } of this.#store?.redactions() ?? []) {
      if (typeof id === 'number' && typeof payload === 'string') this.forgive(payload, id);
    }
  }

  /** Answers the bytes of the blob that it refers to. */
  #checkOpening({ pointer, salt, value }: UntrustedOpening, digest: string, room: number, row: AuditRow): number {
    const isSalt = typeof salt === 'string' && salt.length === 2 * SALT_BYTES;
    if (!isSalt || this.#input.write(salt, 0, 'hex') !== SALT_BYTES || typeof value !== 'string') {
      this.#add('opening-mismatch', row, `what opens ${pointed(pointer)} has not the form of an opening`);
      return 0;
    }
    // What is longer than the buffer is not hashed whole; then it does not end where its JSON does.
    const bytes = SALT_BYTES + this.#input.write(value, SALT_BYTES);
    if (hash('sha256', this.#input.subarray(0, bytes), 'hex') !== digest || canonicalEnd(value, 0) !== value.length) {
      const reason = `what opens ${pointed(pointer)} is not what the row commits to: it was changed`;
      this.#add('opening-mismatch', row, reason);
      return 0;
    }
    this.counts.opened++;
    return value.startsWith(BLOB) ? this.#checkReference(value, pointer, room, row) : 0;
  }

  #checkReference(value: string, pointer: unknown, room: number, row: AuditRow): number {
    const reference = asBlobReference(JSON.parse(value));
    if (reference === undefined || this.#store === undefined) return 0;
    if (this.#store.hasBlob(reference.$blob)) return reference.bytes;
    if (reference.bytes > MAX_BLOB_BYTES || reference.bytes > room) this.counts.notKept++;
    else {
      const reason = `unverifiable, because the blob ${reference.$blob.slice(0, 16)}… to which ${pointed(pointer)} refers is gone`;
      this.#add('blob-missing', row, reason);
    }
    return 0;
  }

  #pointerTo(member: string): string {
    const known = this.#pointers.get(member);
    if (known !== undefined) return known;
    const pointer = pointerTo(member);
    if (this.#pointers.size < MAX_POINTERS) this.#pointers.set(member, pointer);
    return pointer;
  }

  #add(kind: FindingKind, { id, session, seq }: AuditRow, reason: string): void {
    this.#findings.add(kind, { id, session: shown(session), seq }, reason);
  }

  #checkBlob({ sha256, bytes, encoding, data }: UntrustedBlob): void {
    const name = typeof sha256 === 'string' ? shown(sha256, 16) : '?';
    const reference = asBlobReference({ $blob: sha256, bytes });
    const isPacked = (encoding === 'raw' || encoding === 'zstd') && data instanceof Uint8Array;
    if (reference === undefined || !isPacked) {
      this.#findings.add('blob-mismatch', {}, `the blob ${name} has not the form of one`);
      return;
    }
    try {
      unpackBlob(reference, { encoding, data });
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#findings.add('blob-mismatch', {}, `the blob ${name}… is not what its name says: it was changed`);
    }
  }
}

function pointed(pointer: unknown): string {
  return typeof pointer === 'string' ? shown(pointer, 128) : 'something without a name';
}
