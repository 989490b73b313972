import { CEILINGS } from '../../wasi/limits.ts';
import { isObject } from '../json.ts';
import { divergent, type Verdict } from './report.ts';
import { detailOf, needed, type ReplayRow } from './row.ts';

/** The limits of a call that follow it into its row. */
export interface RecordedLimits {
  readonly memoryBytes: number;
  readonly wallTimeMs: number;
  readonly outputBytes: number;
}

/** A row `skill.call`. */
export interface RecordedCall {
  readonly skill: string;
  readonly tool: string;
  /** Hex, of the bundle. */
  readonly digest: string;
  readonly limits: RecordedLimits;
  /** The JSON text that the skill got. */
  readonly input: string;
}

/** What the row says, or what is to be said of its result instead. */
export function readSkillCall(row: ReplayRow): RecordedCall | { readonly verdict: Verdict } {
  const { skill, tool, digest, limits } = detailOf(row);
  const bounded = limitsOf(limits);
  if (typeof skill !== 'string' || typeof tool !== 'string' || typeof digest !== 'string' || bounded === undefined) {
    return { verdict: divergent(`its call, row ${row.seq}, is not as wirken writes one`) };
  }
  const input = needed(row, 'input');
  if ('verdict' in input) return input;
  if (input.opened.kind !== 'value' || typeof input.opened.value !== 'string') {
    return { verdict: divergent('input: it is no text') };
  }
  return { skill, tool, digest, limits: bounded, input: input.opened.value };
}

function limitsOf(limits: unknown): RecordedLimits | undefined {
  if (!isObject(limits)) return undefined;
  const memoryBytes = within(limits['memory_bytes'], CEILINGS.memoryBytes);
  const wallTimeMs = within(limits['wall_time_ms'], CEILINGS.wallTimeMs);
  const outputBytes = within(limits['output_bytes'], CEILINGS.outputBytes);
  if (memoryBytes === undefined || wallTimeMs === undefined || outputBytes === undefined) return undefined;
  return { memoryBytes, wallTimeMs, outputBytes };
}

function within(value: unknown, most: number): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most ? value : undefined;
}
