import type { AuditRow } from '../policy/event.ts';

/** The columns of a row, in the order in which they are kept and exported. */
export const ROW_COLUMNS = [
  'id',
  'session',
  'seq',
  'ts',
  'actor',
  'action',
  'channel',
  'payload',
  'prev_hash',
  'payload_hash',
  'hash',
] as const satisfies readonly (keyof AuditRow)[];

/** A row as it was found: nothing about its columns is known. */
export type UntrustedRow = { readonly [Column in keyof AuditRow]: unknown };

/** What opens one commitment of a row, as it was found. */
export interface UntrustedOpening {
  readonly pointer: unknown;
  /** Hex of either case, if it is what it should be. */
  readonly salt: unknown;
  /** JCS text. */
  readonly value: unknown;
}

export interface UntrustedCheckpoint {
  readonly size: unknown;
  readonly note: unknown;
}

export interface UntrustedBlob {
  readonly sha256: unknown;
  readonly bytes: unknown;
  readonly encoding: unknown;
  readonly data: unknown;
}

export interface UntrustedRedaction {
  readonly id: unknown;
  readonly payload: unknown;
}

export type SourceItem =
  | {
      readonly kind: 'row';
      readonly row: UntrustedRow;
      /** All that are kept of this row; `undefined` where the source does not hold what rows commit to. */
      readonly openings: readonly UntrustedOpening[] | undefined;
    }
  /** An opening between rows: no row has its id. */
  | { readonly kind: 'stray-opening'; readonly id: unknown; readonly pointer: unknown }
  /** A place of the source that holds no row. */
  | { readonly kind: 'damaged'; readonly reason: string };

/**
 * Where the rows of a log are read from. A source yields what it finds and judges nothing; it throws a HostError where it cannot
 * go on reading, and nothing else. Whoever opened it disposes of it.
 */
export interface RowSource extends Disposable {
  /**
   * The rows in the order in which they are kept: by id, or by sequence number for one session. A few at a time, so that memory does
   * not grow with the log.
   */
  rows(session?: string): Iterable<readonly SourceItem[]>;
  /** How many rows there will be, if that is known without reading them. */
  count(session?: string): number | undefined;
  /** What is kept beside the rows; absent in an export. */
  readonly store?: RowStore;
}

/** What a database keeps beside its rows. Read while rows are being read. */
export interface RowStore {
  /** By size. */
  checkpoints(): Iterable<UntrustedCheckpoint>;
  /** The stored hash of a full tile; `undefined` if there is none. */
  tile(level: number, tile: number): unknown;
  /** How many tiles are stored. */
  tileCount(): number;
  /** Whether the payload of that row is well-formed UTF-8; what is read as text no longer shows it. */
  isUtf8(id: number): boolean;
  hasBlob(sha256: string): boolean;
  /** Payloads of the rows that say what was redacted, of all sessions. */
  redactions(): Iterable<UntrustedRedaction>;
  blobs(): Iterable<UntrustedBlob>;
}
