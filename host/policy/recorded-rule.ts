import type { ActionKind } from './action.ts';
import type { Allowance } from './gate-ports.ts';
import { type Rule, type Target, targetText } from './rule.ts';

/** The variants whose patterns are the words of requests: commands, queries and tasks, which may hold secrets. */
const WORDY: ReadonlySet<Target['variant']> = new Set<ActionKind>(['ShellExec', 'WebSearch', 'ScheduleCreate']);

/** What the log may say of a rule in the clear for ever: of a command the program, of a query or task nothing. */
export function recordedRule(rule: Pick<Rule, 'effect' | 'text'> & Target): string {
  const conditions = rule.text.slice(`${rule.effect} ${targetText(rule)}`.length);
  return `${rule.effect} ${recordedTarget(rule)}${conditions}`;
}

/** The same of what the command line allowed. */
export function recordedOption({ variant, pattern, option }: Allowance): string {
  if (pattern === undefined || !WORDY.has(variant)) return option;
  return option.replace(pattern, () => recordedPattern(variant, pattern));
}

function recordedTarget(target: Target): string {
  const { variant, pattern } = target;
  if (variant === '*' || pattern === undefined || !WORDY.has(variant)) return targetText(target);
  return `${variant}:${recordedPattern(variant, pattern.text, pattern.kind === 'argv' ? pattern.words : [])}`;
}

function recordedPattern(variant: ActionKind, text: string, words: readonly string[] = text.split(' ')): string {
  if (variant !== 'ShellExec') return '…';
  const [program = ''] = words;
  return [program, '*', `${program} *`].includes(text) ? text : `${program} …`.trimStart();
}
