import type { ReplayPorts } from './ports.ts';
import { divergent, type ReplayReport, unverifiable, VERIFIED, type Verdict } from './report.ts';
import { broken, detailOf, inRow, nameOf, type ReplayRow } from './row.ts';
import { replaySkill } from './skill.ts';
import { replayTool } from './tool.ts';

type Replay = (call: ReplayRow, result: ReplayRow, ports: ReplayPorts, signal: AbortSignal) => Promise<Verdict>;

/** What can be made again: results, by the rows of their calls. */
const REPLAYS: ReadonlyMap<string, { readonly call: string; readonly replay: Replay }> = new Map([
  ['skill.result', { call: 'skill.call', replay: replaySkill }],
  ['tool.result', { call: 'tool.call', replay: replayTool }],
]);
const CALLS: ReadonlySet<string> = new Set([...REPLAYS.values()].map(({ call }) => call));

/**
 * Makes every call of a session again from its journal, in the sandbox and without its world, and compares what comes out. The rows are
 * one session's from its first on, in order; whether they chain is for others to say.
 * @throws `signal.reason`
 */
export async function replaySession(
  rows: Iterable<ReplayRow> | AsyncIterable<ReplayRow>,
  ports: ReplayPorts,
  signal: AbortSignal,
  onProgress?: (events: number) => void,
): Promise<ReplayReport> {
  const doubtful: ReplayReport['events_unverifiable'][number][] = [];
  const differing: ReplayReport['events_divergent'][number][] = [];
  /** Calls that have no result yet, by their place in the session. */
  const open = new Map<number, ReplayRow>();
  let events = 0;
  let verified = 0;
  for await (const row of rows) {
    signal.throwIfAborted();
    const verdict = await verdictOf(row, open, ports, signal);
    if (CALLS.has(row.action)) open.set(row.seq, row);
    events += 1;
    if (verdict.kind === 'verified') verified += 1;
    else if (verdict.kind === 'unverifiable') doubtful.push({ ...nameOf(row), why: verdict.why });
    else differing.push({ ...nameOf(row), reason: verdict.reason });
    onProgress?.(events);
  }
  return {
    events_total: events,
    events_verified: verified,
    events_unverifiable: doubtful,
    events_divergent: differing,
  };
}

async function verdictOf(
  row: ReplayRow,
  open: Map<number, ReplayRow>,
  ports: ReplayPorts,
  signal: AbortSignal,
): Promise<Verdict> {
  for (const [member, { kind }] of row.opened) if (kind === 'broken') return broken(member);
  const replayed = REPLAYS.get(row.action);
  if (replayed === undefined) return VERIFIED;
  const { call: seq } = detailOf(row);
  if (seq === 0) return unverifiable('the log could not be written when it was called');
  const call = typeof seq === 'number' ? open.get(seq) : undefined;
  if (call?.action !== replayed.call)
    return divergent(`call: row ${inRow(seq)} is no ${replayed.call} that waits for it`);
  open.delete(call.seq);
  return await replayed.replay(call, row, ports, signal);
}
