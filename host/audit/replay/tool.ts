import { HostError } from '../../base/error.ts';
import { JournalDiverged } from '../../workspace/journal/diverged.ts';
import { JournalReplayer } from '../../workspace/journal/replayer.ts';
import { replayingDir } from '../../workspace/journal/replaying.ts';
import { journalOf } from './journal.ts';
import type { ReplayPorts } from './ports.ts';
import { divergent, unverifiable, VERIFIED, type Verdict } from './report.ts';
import { compared, detailOf, inRow, needed, type ReplayRow } from './row.ts';

/** Makes the call of a `tool.result` again, if it is one of the tools that can be, and compares. @throws `signal.reason` */
export async function replayTool(
  call: ReplayRow,
  result: ReplayRow,
  ports: ReplayPorts,
  signal: AbortSignal,
): Promise<Verdict> {
  const { tool } = detailOf(call);
  const recorded = detailOf(result);
  if (recorded['tool'] !== tool) return divergent('tool: it is not the one of its call');
  const again = typeof tool === 'string' ? ports.tools.get(tool) : undefined;
  if (again === undefined) return VERIFIED;
  const { outcome } = recorded;
  if (outcome === 'denied') return VERIFIED;
  if (outcome !== 'done' && outcome !== 'failed') return unverifiable('it did not end by itself');
  const args = needed(call, 'arguments');
  if ('verdict' in args) return args.verdict;
  if (args.opened.kind !== 'value') return divergent('arguments: they are no JSON');
  const journal = journalOf(result, ports);
  if ('verdict' in journal) return journal.verdict;
  const replayer = new JournalReplayer(journal);
  try {
    const now = await again(args.opened.value, replayingDir(replayer), signal);
    replayer.finish();
    if (outcome !== 'done') return divergent('outcome: recorded was failed, now it is done');
    return compared(result, 'result', now) ?? VERIFIED;
  } catch (error) {
    signal.throwIfAborted();
    // Whatever the tool made of it.
    const diverged = error instanceof JournalDiverged ? error : replayer.diverged;
    if (diverged !== undefined) return divergent(diverged.message);
    if (!(error instanceof HostError)) throw error;
    return failed(result, error, replayer);
  }
}

function failed(result: ReplayRow, error: HostError, replayer: JournalReplayer): Verdict {
  const { outcome, code } = detailOf(result);
  if (outcome !== 'failed') return divergent(`outcome: recorded was done, now it is failed (${error.code})`);
  if (code !== error.code) return divergent(`code: recorded was ${inRow(code)}, now it is ${error.code}`);
  try {
    replayer.finish();
    return compared(result, 'message', error.message) ?? VERIFIED;
  } catch (left) {
    if (left instanceof JournalDiverged) return divergent(left.message);
    throw left;
  }
}
