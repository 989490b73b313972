import type { RowSource } from '../source.ts';
import type { ContentCounts } from './content-check.ts';
import type { ExitCode, Finding, FindingKind } from './finding.ts';
import type { UnattestedRows } from './ledger.ts';
import type { GivenCheckpoint } from './tree-check.ts';

export interface Progress {
  readonly rows: number;
  /** All that there will be, if that is known. */
  readonly of: number | undefined;
}

export interface VerifyOptions {
  /** The public half of the log's key, 64 hex digits, from elsewhere than the log. */
  readonly key: string;
  /** Checkpoints that were kept elsewhere. */
  readonly checkpoints?: readonly GivenCheckpoint[];
  /** Only the rows of this session: its chain, its heads and what its rows commit to, not the tree. */
  readonly session?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

export interface AuditReport {
  /** 0 all good · 10 divergent · 11 chain, head or tree broken · 12 nothing to verify or unreadable. */
  readonly exitCode: ExitCode;
  readonly key: string;
  /** The one that was asked for. */
  readonly session?: string;
  readonly rows: number;
  readonly sessions: number;
  readonly heads: number;
  /** Absent for a single session. */
  readonly tree?: {
    readonly size: number;
    /** Hex. */
    readonly root: string;
    readonly storedCheckpoints: number;
    readonly givenCheckpoints: number;
    /** The rows up to here stand under a checkpoint that holds. */
    readonly verifiedSize: number;
  };
  readonly content: Readonly<ContentCounts>;
  /** Rows that neither a head nor a checkpoint attests yet. */
  readonly unattested: { readonly rows: number; readonly sessions: readonly UnattestedRows[] };
  /** The first of each kind. */
  readonly findings: readonly Finding[];
  /** All of them. */
  readonly counts: ReadonlyMap<FindingKind, number>;
  /** What nobody can see from what was given, in words. */
  readonly unseen: readonly string[];
}

/** Said with every report: what it cannot know. */
export function unseen(
  { session, checkpoints = [] }: VerifyOptions,
  source: RowSource,
  { notGiven }: ContentCounts,
): readonly string[] {
  const all: string[] = [];
  if (session !== undefined) {
    all.push(
      'One session alone does not show whether its last rows, or other sessions, were removed: verify the whole log.',
    );
  } else if (checkpoints.length === 0) {
    all.push(
      source.store === undefined
        ? 'Without a checkpoint, rows cut off at the end do not show, nor sessions removed with the rows behind them, nor rows added or changed after the last head of their session.'
        : 'Without a checkpoint kept elsewhere, a log that was cut off or put back to an earlier state does not show.',
    );
  }
  if (notGiven > 0) all.push(`What ${notGiven} commitments stand for is not part of this export.`);
  return all;
}
