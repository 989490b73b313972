import type { AuditRow } from '../../policy/event.ts';

/** A row in the form that one receiver wants. */
export interface Entry {
  readonly row: AuditRow;
  /** One JSON value. */
  readonly text: string;
  /** Of `text`, as UTF-8. */
  readonly bytes: number;
}

/** What one request may hold. */
export interface BatchLimits {
  readonly maxRows: number;
  /** Before compression, brackets and commas counted. */
  readonly maxBytes: number;
  /** Of one entry. */
  readonly maxRowBytes: number;
}

/** A row in the receiver's form, or why it has none that arrives whole. */
export type Encoded =
  | { readonly kind: 'fit'; readonly text: string }
  | { readonly kind: 'unfit'; readonly reason: string };

export interface RejectedRow {
  readonly id: number;
  readonly reason: string;
}

/** What became of a batch. Reasons are safe to print: what a peer sent is escaped and holds no credential. */
export type SendResult =
  /** The receiver has every row. */
  | { readonly kind: 'accepted' }
  /** Nothing is wrong with the rows or the settings: later it works. `afterMs` is what the receiver asked for. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Nothing works until a person changes something: a credential, an address, a setting at the receiver. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** These rows never work; whether it has the others is not known. */
  | { readonly kind: 'rejected'; readonly rows: readonly RejectedRow[] }
  /** The batch as it is never works: it is too large, or holds a bad row that the receiver does not name. */
  | { readonly kind: 'batch-rejected'; readonly reason: string };

/** One receiver. */
export interface Forwarder {
  readonly name: string;
  readonly limits: BatchLimits;
  encode(row: AuditRow): Encoded;
  /**
   * Sends rows in ascending order of id, within `limits`, never empty. One call at a time.
   * @throws HostError `config-invalid` if there is no usable credential; the reason of `signal`; nothing that a receiver can cause
   */
  send(batch: readonly Entry[], signal: AbortSignal): Promise<SendResult>;
}
