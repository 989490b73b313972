/** What a finding does to the exit code: DESIGN's 11, 10 and 12. */
export type FindingClass = 'broken' | 'divergent' | 'unreadable';

/** Every way in which a log can be found not to be what was written, and how bad that is. */
export const FINDING_CLASS = {
  /** The columns of a row do not say what its payload says, or have another form. */
  columns: 'broken',
  /** The payload is not in the canonical form. */
  'not-canonical': 'broken',
  'payload-hash': 'broken',
  'row-hash': 'broken',
  /** The row does not follow the row before it in its session. */
  'prev-hash': 'broken',
  'seq-gap': 'broken',
  'seq-duplicate': 'broken',
  /** A sequence number comes after a higher one. */
  'seq-order': 'broken',
  'id-gap': 'broken',
  'id-order': 'broken',
  'head-malformed': 'broken',
  'head-key': 'broken',
  'head-signature': 'broken',
  'head-range': 'broken',
  'head-prev-hash': 'broken',
  'head-hash': 'broken',
  /** A checkpoint that is none of this log's: malformed, of another key, wrongly signed. */
  'checkpoint-invalid': 'broken',
  /** The rows are not the ones over which a checkpoint was signed. */
  'checkpoint-root': 'broken',
  /** A checkpoint was signed over more rows than there are. */
  'checkpoint-ahead': 'broken',
  /** A head row whose checkpoint is gone. */
  'checkpoint-missing': 'broken',
  /** A stored node of the tree is wrong. */
  tile: 'broken',
  /** An opening does not open the commitment of its row. */
  'opening-mismatch': 'divergent',
  /** An opening of something to which no row commits. */
  'opening-unknown': 'divergent',
  /** What a row commits to is gone, and no row says that it was redacted. */
  'opening-missing': 'divergent',
  'blob-mismatch': 'divergent',
  'blob-missing': 'divergent',
  /** A line of an export that is no row, or was cut. */
  'line-damaged': 'unreadable',
  unreadable: 'unreadable',
  /** There is no row. */
  nothing: 'unreadable',
} as const satisfies Record<string, FindingClass>;

export type FindingKind = keyof typeof FINDING_CLASS;

export interface Finding {
  readonly kind: FindingKind;
  /** The row; absent where it is not about one. */
  readonly id?: number;
  readonly session?: string;
  readonly seq?: number;
  /** In words, one sentence; untrusted text in it is escaped. */
  readonly reason: string;
}

/** Where a finding is; what is not known of it stays away. */
export type Place = Pick<Finding, 'id' | 'session' | 'seq'>;

/** 0 all good · 10 divergent · 11 chain, head or tree broken · 12 nothing to verify or unreadable. */
export type ExitCode = 0 | 10 | 11 | 12;

/** The first findings of each kind in full, the rest as numbers: a log that is broken in a million places still makes a short report. */
export class Findings {
  readonly #maxOfKind: number;
  readonly #kept: Finding[] = [];
  readonly #counts = new Map<FindingKind, number>();

  constructor(maxOfKind: number) {
    this.#maxOfKind = maxOfKind;
  }

  add(kind: FindingKind, place: Place, reason: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= this.#maxOfKind) this.#kept.push({ kind, ...place, reason });
  }

  /** Counts findings of a kind that are not told one by one. */
  more(kind: FindingKind, count: number): void {
    if (count > 0) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
  }

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  get counts(): ReadonlyMap<FindingKind, number> {
    return this.#counts;
  }

  has(kind: FindingKind): boolean {
    return this.#counts.has(kind);
  }

  get exitCode(): ExitCode {
    const classes = new Set([...this.#counts.keys()].map((kind) => FINDING_CLASS[kind]));
    if (classes.has('broken')) return 11;
    if (classes.has('unreadable')) return 12;
    return classes.has('divergent') ? 10 : 0;
  }
}
