import { HostError } from '../../../base/error.ts';
import type { AuthorSandbox, OwnSkill } from '../sandbox.ts';
import type { Case } from './case.ts';
import { differences, type Ended } from './check.ts';
import { type Coverage, CoverageTally } from './coverage.ts';
import { Stage } from './stage.ts';

export interface Played {
  readonly name: string;
  readonly file: string;
  readonly tool: string;
  /** Nothing, if it came out as expected. */
  readonly differences: readonly string[];
}

export interface Report {
  readonly played: readonly Played[];
  readonly coverage: Coverage;
}

/** Runs the cases one after the other, each in a workspace of its own; tells of each as it ends. */
export async function playCases(
  sandbox: AuthorSandbox,
  own: OwnSkill,
  cases: readonly Case[],
  onPlayed: (played: Played) => void,
): Promise<Report> {
  const tally = new CoverageTally();
  const played: Played[] = [];
  for (const one of cases) {
    const result = await playCase(sandbox, own, one, tally);
    played.push(result);
    onPlayed(result);
  }
  return { played, coverage: tally.of(own.skill) };
}

async function playCase(sandbox: AuthorSandbox, own: OwnSkill, spec: Case, tally: CoverageTally): Promise<Played> {
  const { name, file, tool, limits } = spec;
  using stage = new Stage(spec.files);
  const { ended, progress } = await callOf(sandbox, own, {
    tool,
    input: spec.input,
    workspace: stage.dir,
    ceilings: {
      ...(limits.memory_bytes === undefined ? {} : { memoryBytes: limits.memory_bytes }),
      ...(limits.time_ms === undefined ? {} : { wallTimeMs: limits.time_ms }),
      ...(limits.output_bytes === undefined ? {} : { outputBytes: limits.output_bytes }),
    },
  });
  if (ended.kind !== 'error') tally.add(tool, ended);
  return { name, file, tool, differences: differences(spec, { ended, progress, after: stage.files() }) };
}

async function callOf(
  sandbox: AuthorSandbox,
  own: OwnSkill,
  call: Parameters<AuthorSandbox['call']>[1],
): Promise<{ readonly ended: Ended; readonly progress: Awaited<ReturnType<AuthorSandbox['call']>>['progress'] }> {
  try {
    const { outcome, progress } = await sandbox.call(own, call);
    return { ended: outcome, progress };
  } catch (error) {
    // Refusals of the call itself are what a case may expect; anything else ends the run.
    if (!(error instanceof HostError) || !EXPECTED.has(error.code)) throw error;
    return { ended: { kind: 'error', error }, progress: [] };
  }
}

const EXPECTED: ReadonlySet<string> = new Set([
  'arguments-invalid',
  'tool-unknown',
  'limit-exceeded',
  'module-invalid',
  'module-too-large',
  'import-unknown',
  'unsupported',
  'component-invalid',
]);
