import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import type { Action, ActionKind, Asker } from './action.ts';
import { type NamePattern, matchesName, namePattern } from './name-pattern.ts';
import { type Effect, parsePattern, type Pattern } from './pattern.ts';
import { ACTION_KINDS, isActionKind } from './table.ts';

/** What a rule may be narrowed to besides the variant and its pattern; each a name, with `*` for any run of characters. */
export const CONDITIONS = ['skill', 'channel', 'agent', 'person'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** `VARIANT`, `VARIANT:PATTERN`, or `*` for every variant, parsed. */
export interface Target {
  readonly variant: ActionKind | '*';
  readonly pattern?: Pattern;
}

/** A rule as it is written. */
export interface RuleText {
  readonly effect: Effect;
  /** `VARIANT`, `VARIANT:PATTERN` or `*`. */
  readonly target: string;
  readonly skill?: string;
  readonly channel?: string;
  readonly agent?: string;
  readonly person?: string;
}

/** A rule of the operator's, parsed. */
export interface Rule extends Target {
  readonly effect: Effect;
  readonly conditions: { readonly [C in Condition]?: NamePattern };
  /** `deny WorkspaceWrite:.git/** (skill lyrik)` */
  readonly text: string;
  /** Where it stands, from 1; 0 for one that stands in no file. */
  readonly line: number;
  readonly column: number;
}

/** Bytes of a condition. */
const MAX_CONDITION_BYTES = 256;

/**
 * `VARIANT`, `VARIANT:PATTERN` or `*`, as rules and the command line write it.
 * @throws HostError `policy-invalid`
 */
export function parseTarget(untrusted: string): Target {
  if (untrusted === '*') return { variant: '*' };
  const colon = untrusted.indexOf(':');
  const variant = colon < 0 ? untrusted : untrusted.slice(0, colon);
  if (!isActionKind(variant)) {
    const why = variant === '*' ? 'takes no pattern: patterns differ from variant to variant' : 'is no variant';
    throw new HostError('policy-invalid', `"${shown(variant, 64)}" ${why}`, {
      remedy: `Write * alone, or one of ${ACTION_KINDS.join(', ')}, with :PATTERN behind it or not.`,
    });
  }
  return colon < 0 ? { variant } : { variant, pattern: parsePattern(variant, untrusted.slice(colon + 1)) };
}

export function targetText({ variant, pattern }: Target): string {
  return pattern === undefined ? variant : `${variant}:${pattern.text}`;
}

/** @throws HostError `policy-invalid` */
export function parseRule(untrusted: RuleText, at: { readonly line: number; readonly column: number } = NOWHERE): Rule {
  const target = parseTarget(untrusted.target);
  const conditions: { [C in Condition]?: NamePattern } = {};
  const said: string[] = [];
  for (const condition of CONDITIONS) {
    const text = untrusted[condition];
    if (text === undefined) continue;
    if (text === '' || Buffer.byteLength(text) > MAX_CONDITION_BYTES || shown(text) !== text) {
      throw new HostError('policy-invalid', `"${shown(text, 64)}" is no name of a ${condition}`, {
        field: condition,
        remedy: `Write the ${condition}'s name, with * for any run of characters.`,
      });
    }
    conditions[condition] = namePattern(text);
    said.push(`${condition} ${text}`);
  }
  const text = `${untrusted.effect} ${targetText(target)}${said.length === 0 ? '' : ` (${said.join(', ')})`}`;
  return { ...target, effect: untrusted.effect, conditions, text, ...at };
}

const NOWHERE = { line: 0, column: 0 };

/** Whether the asker is one that the rule is about. The variant and the pattern are not looked at. */
export function concerns({ effect, variant, pattern, conditions }: Rule, action: Action, asker: Asker): boolean {
  const { skill, channel, agent, person } = conditions;
  if (channel !== undefined && !matchesName(channel, asker.channel)) return false;
  if (agent !== undefined && !matchesName(agent, asker.agent)) return false;
  if (person !== undefined && !matchesName(person, asker.person)) return false;
  // A name is trusted as far as a signature binds it: an unsigned skill may call itself anything.
  const byName = skill !== undefined || (variant === 'SkillRun' && pattern !== undefined);
  if (effect === 'allow' && byName && isUnsigned(action, asker)) return false;
  if (skill === undefined) return true;
  const involved = skillsIn(action, asker);
  const named = (name: string): boolean => matchesName(skill, name);
  return effect === 'deny' ? involved.some(named) : involved.length > 0 && involved.every(named);
}

function isUnsigned(action: Action, asker: Asker): boolean {
  return asker.skill?.trust === 'dev' || (action.kind === 'SkillRun' && action.trust === 'dev');
}

/** The skill that asks, and the one that would run. */
function skillsIn(action: Action, asker: Asker): readonly string[] {
  return [
    ...(asker.skill === undefined ? [] : [asker.skill.name]),
    ...(action.kind === 'SkillRun' ? [action.skill] : []),
  ];
}
