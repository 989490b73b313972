import { HostError } from '../../base/error.ts';
import type { LimitName } from '../../wasi/limits.ts';
import { resultOf, type SkillResult } from '../../wasi/skill-result.ts';
import { journalOf } from './journal.ts';
import type { ReplayPorts } from './ports.ts';
import { divergent, unverifiable, VERIFIED, type Verdict } from './report.ts';
import { compared, detailOf, inRow, type ReplayRow } from './row.ts';
import { readSkillCall } from './skill-call.ts';

/** What the world outside of the call decides: nobody can say whether it would end the call again. */
const BY_CHANCE: Readonly<Record<LimitName, boolean>> = {
  'wall-time': true,
  // What a stack holds depends on how far the engine has compiled the program.
  'call-depth': true,
  // Only what the machine could not give: growing beyond the limit is an answer to the guest, and it goes on.
  memory: true,
  output: false,
  'progress-events': false,
};

/** How `failed` says that a call had begun. */
const BROKEN_OFF: ReadonlySet<unknown> = new Set(['cancelled', 'internal']);

/** Members of a result that the call itself has made. */
const SAID = ['output', 'message', 'log'] as const;
const OUTCOMES: ReadonlySet<unknown> = new Set(['done', 'tool-failed', 'result-invalid', 'limit', 'trap']);

/** Makes the call of a `skill.result` again and compares. @throws `signal.reason` */
export async function replaySkill(
  call: ReplayRow,
  result: ReplayRow,
  ports: ReplayPorts,
  signal: AbortSignal,
): Promise<Verdict> {
  const { outcome, limit, code } = detailOf(result);
  // It never ran, so there is nothing to make again.
  if (outcome === 'refused' || (outcome === 'failed' && !BROKEN_OFF.has(code))) return VERIFIED;
  if (outcome === 'limit' && isByChance(limit)) {
    return unverifiable(`the limit ${inRow(limit)} ended it, and whether it does depends on the machine`);
  }
  if (!OUTCOMES.has(outcome)) return unverifiable('it did not end by itself');
  const recorded = readSkillCall(call);
  if ('verdict' in recorded) return recorded.verdict;
  const journal = journalOf(result, ports);
  if ('verdict' in journal) return journal.verdict;
  const skill = await ports.skill(recorded.skill, recorded.digest, signal);
  if ('unavailable' in skill) return unverifiable(skill.unavailable);
  try {
    const { tool, input, limits } = recorded;
    const again = await ports.runSkill(skill.granted, { tool, input, limits, journal }, signal);
    switch (again.kind) {
      case 'diverged':
        return divergent(again.message);
      case 'crashed':
        return unverifiable(`it could not be made again: ${again.message}`);
      case 'refused':
        return unverifiable(`this machine does not run it any more: ${again.message}`);
      case 'limit':
        if (isByChance(again.limit)) return unverifiable(`it could not be made again: ${again.message}`);
        break;
      case 'done':
      case 'tool-failed':
      case 'result-invalid':
      case 'trap':
        break;
    }
    return compare(result, resultOf(again));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    // The manifest is signed, and what it lists cannot have changed; everything else may be this machine's doing.
    if (error.code === 'tool-unknown') return divergent(`tool: ${error.message}`);
    return unverifiable(`this machine does not run it: ${error.message}`);
  }
}

function compare(row: ReplayRow, now: SkillResult): Verdict {
  const before = detailOf(row);
  for (const [member, value] of Object.entries(now.detail)) {
    if (before[member] !== value) {
      return divergent(`${member}: recorded was ${inRow(before[member])}, now it is ${inRow(value)}`);
    }
  }
  const said = new Set([...Object.keys(now.redactable), ...SAID.filter((name) => row.opened.has(name))]);
  // A trap is told in the engine's words, and another engine has others.
  const members = now.detail['outcome'] === 'trap' ? said.difference(new Set(['message'])) : said;
  const verdicts = [...members].map((member) => compared(row, member, now.redactable[member] ?? null));
  const found = (kind: Verdict['kind']): Verdict | undefined => verdicts.find((verdict) => verdict?.kind === kind);
  return found('divergent') ?? found('unverifiable') ?? VERIFIED;
}

function isByChance(limit: unknown): boolean {
  return Object.entries(BY_CHANCE).some(([name, byChance]) => byChance && name === limit);
}
