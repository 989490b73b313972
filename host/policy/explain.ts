import type { Action, Asker, Decider, Tier } from './action.ts';
import type { Allowance, Choice } from './gate-ports.ts';
import { exactTarget } from './remedy.ts';
import { standingOf, type StandingPorts } from './standing.ts';
import { subjectOf } from './subject.ts';
import { auditText } from './text.ts';

/** What would happen if this were asked now. */
export interface Explanation {
  readonly tier: Tier;
  /** Why it is of this tier, one clause. */
  readonly because: string;
  /** What would be done, one phrase. */
  readonly what: string;
  /** `asked`: a person would be, and without one it is denied. */
  readonly outcome: 'allowed' | 'denied' | 'asked';
  /** What decides; absent when a person would. */
  readonly decider?: Decider;
  /** The rule with its place, the remembered answer or the option that decides. */
  readonly rule?: string;
  /** The line of the rule file, if a rule decides. */
  readonly line?: number;
  /** The answers that would be offered. */
  readonly choices: readonly Choice[];
  /** `VARIANT:PATTERN` that covers this action and nothing else, if one can be written. */
  readonly target?: string;
}

/** What would happen, without asking, recording or remembering anything. */
export function explain(
  action: Action,
  asker: Asker,
  allowed: readonly Allowance[],
  ports: StandingPorts,
): Explanation {
  const standing = standingOf(action, asker, allowed, ports);
  const subject = subjectOf(action);
  const target = subject.kind === 'malformed' ? undefined : exactTarget(action, subject);
  const common = {
    tier: standing.tier,
    because: standing.because,
    what: auditText(action),
    ...(target === undefined ? {} : { target }),
  };
  if (standing.kind === 'open') return { ...common, outcome: 'asked', choices: standing.choices };
  const { decision, decider, rule, deciding } = standing;
  return {
    ...common,
    outcome: decision,
    decider,
    rule,
    choices: [],
    ...(deciding !== undefined && 'line' in deciding ? { line: deciding.line } : {}),
  };
}
