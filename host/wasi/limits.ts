/** What one call may use. Every number is enforced; `test-skills/hostile` has a case for each. */
export interface CallLimits {
  readonly moduleBytes: number;
  readonly functions: number;
  /** Over all memories of the module. */
  readonly memoryBytes: number;
  /** Elements over all tables. */
  readonly tableElements: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Kept of the tail; more is dropped, not refused. */
  readonly stderrBytes: number;
  readonly wallTimeMs: number;
  readonly descriptors: number;
  readonly writtenBytes: number;
  readonly tmpBytes: number;
  readonly progressEvents: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The defaults (DESIGN: limits). */
export const DEFAULT_LIMITS: CallLimits = Object.freeze({
  moduleBytes: 32 * MIB,
  functions: 200_000,
  memoryBytes: 256 * MIB,
  tableElements: 1_000_000,
  inputBytes: 16 * MIB,
  outputBytes: 8 * MIB,
  stderrBytes: 256 * KIB,
  wallTimeMs: 10_000,
  descriptors: 256,
  writtenBytes: 64 * MIB,
  tmpBytes: 64 * MIB,
  progressEvents: 10_000,
});

/** No manifest and no option gets more than this, unless the operator's configuration says so. */
export const CEILINGS: CallLimits = Object.freeze({
  ...DEFAULT_LIMITS,
  memoryBytes: 4096 * MIB,
  outputBytes: 64 * MIB,
  wallTimeMs: 300_000,
});

/** The limit that ended a call. */
export type LimitName = 'wall-time' | 'output' | 'progress-events' | 'memory' | 'call-depth';
