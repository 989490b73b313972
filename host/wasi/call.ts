import type { ErrorCode } from '../base/error.ts';
import type { Recorded } from '../workspace/journal/recorder.ts';
import type { CallLimits, LimitName } from './limits.ts';

/** A fixed world for replay: a guest that gets the same one does the same. */
export interface Determinism {
  /** Nanoseconds since 1970 that the first clock reading answers. */
  readonly startNs: bigint;
  /** Nanoseconds that each reading adds. */
  readonly stepNs: bigint;
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

/** One call of one module in one fresh instance. */
export interface CallSpec {
  /** argv of the guest, argv[0] included; raw bytes are possible on the command line, hence not strings alone. */
  readonly args: readonly (string | Uint8Array)[];
  /** `NAME`, value; empty for skills. */
  readonly env: readonly (readonly [string, string])[];
  readonly stdin: Uint8Array;
  readonly limits: CallLimits;
  readonly determinism?: Determinism;
  /** Whether the call is recorded, so that it can be made again without its world. */
  readonly journal?: JournalSpec;
}

/** How a call is recorded. */
export interface JournalSpec {
  /** A longer journal is not kept. Default: MAX_JOURNAL_BYTES. */
  readonly maxBytes?: number;
}

export interface ProgressEvent {
  readonly done: number;
  readonly total?: number;
  readonly message?: string;
}

/** What the runner's process was fenced by, weakest wall first. */
export type Fence = 'wasm' | 'beneath-open' | 'permission' | 'landlock' | 'own-process';

export interface CallUsage {
  /** Host's wall clock, milliseconds, without waiting in the queue. */
  readonly wallMs: number;
  /** Linear memory at the end, bytes. */
  readonly memoryBytes: number;
}

interface Ended {
  /** The tail of stderr, at most `limits.stderrBytes`, without the progress lines. */
  readonly stderr: Uint8Array;
  /** Whether more stderr came than was kept. */
  readonly stderrCut: boolean;
  readonly usage: CallUsage;
  readonly fences: readonly Fence[];
  /** What became of the recording; absent when nothing was to be recorded, or when the call was ended from outside. */
  readonly journal?: Recorded;
}

/** How a call ended. Cancelling rejects with `signal.reason` instead. */
export type CallOutcome =
  | (Ended & { readonly kind: 'exited'; readonly code: number; readonly stdout: Uint8Array })
  | (Ended & {
      readonly kind: 'limit';
      readonly limit: LimitName;
      readonly message: string;
      readonly stdout: Uint8Array;
    })
  | (Ended & { readonly kind: 'trap'; readonly message: string; readonly stdout: Uint8Array })
  /** It never ran: the module is malformed, too large or asks for what is not there. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** The runner's process ended by itself. */
  | { readonly kind: 'crashed'; readonly message: string };

/** A call that was made again and went another way. `message` names digests, never contents. */
export interface Diverged {
  readonly kind: 'diverged';
  /** Place among the operations of the call, from 0 on. */
  readonly position: number;
  readonly message: string;
}
