import type { Action } from './action.ts';
import type { Allowance } from './gate-ports.ts';
import { HostError } from '../base/error.ts';
import { covers, parsePattern, type Pattern } from './pattern.ts';
import { parseTarget, targetText } from './rule.ts';
import type { Subject } from './subject.ts';

const YES = '--yes';

/**
 * What `--allow TEXT` allows.
 * @throws HostError `policy-invalid`; for `*` as well: a command line allows what it names
 */
export function parseAllowance(untrusted: string): Allowance {
  const target = parseTarget(untrusted);
  const { variant, pattern } = target;
  if (variant === '*') {
    throw new HostError('policy-invalid', '--allow wants a variant, not *', {
      remedy: 'Name what is to be allowed: VARIANT or VARIANT:PATTERN.',
    });
  }
  return {
    variant,
    ...(pattern === undefined ? {} : { pattern: pattern.text }),
    option: `--allow ${targetText(target)}`,
  };
}

/** What `--yes` allows: to run this skill, and nothing that it does. */
export function allowanceOfYes(skill: string): Allowance {
  return { variant: 'SkillRun', pattern: skill, option: YES };
}

/** The first of them that covers the action. @throws HostError `policy-invalid` for a pattern that is none */
export function allowanceFor(allowed: readonly Allowance[], action: Action, subject: Subject): Allowance | undefined {
  return allowed.find((allowance) => {
    if (allowance.variant !== action.kind) return false;
    if (allowance.option === YES && (action.kind !== 'SkillRun' || allowance.pattern === undefined)) return false;
    const pattern = parsed(allowance);
    return pattern === undefined || covers(pattern, subject, 'allow');
  });
}

const patterns = new WeakMap<Allowance, Pattern>();

function parsed(allowance: Allowance): Pattern | undefined {
  const { variant, pattern } = allowance;
  if (pattern === undefined) return undefined;
  const known = patterns.get(allowance) ?? parsePattern(variant, pattern);
  patterns.set(allowance, known);
  return known;
}
