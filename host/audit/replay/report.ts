/** One row that was looked at. */
export interface RowName {
  /** In the log. */
  readonly id: number;
  /** In its session. */
  readonly seq: number;
  readonly action: string;
}

/** What replaying a session found. Every row counts once: verified, unverifiable or divergent. */
export interface ReplayReport {
  readonly events_total: number;
  /** Made again with the same outcome, or nothing that can be made again: for those the chain speaks. */
  readonly events_verified: number;
  readonly events_unverifiable: readonly (RowName & { readonly why: string })[];
  /** The reason names digests, never contents. */
  readonly events_divergent: readonly (RowName & { readonly reason: string })[];
}

/** What one row came to. */
export type Verdict =
  | { readonly kind: 'verified' }
  | { readonly kind: 'unverifiable'; readonly why: string }
  | { readonly kind: 'divergent'; readonly reason: string };

export const VERIFIED: Verdict = Object.freeze({ kind: 'verified' });

export function unverifiable(why: string): Verdict {
  return { kind: 'unverifiable', why };
}

export function divergent(reason: string): Verdict {
  return { kind: 'divergent', reason };
}
