import { exactArgv } from './argv-pattern.ts';
import type { Action, Asker, Tier } from './action.ts';
import { exactPattern } from './pattern.ts';
import type { Subject } from './subject.ts';

/** `VARIANT:PATTERN` that covers this action and nothing else, or `undefined` if none can be written. */
export function exactTarget(action: Action, subject: Subject): string | undefined {
  const pattern = exactPattern(action.kind, subject);
  return pattern === undefined ? undefined : `${action.kind}:${pattern}`;
}

/** How to get a yes where nobody can be asked: the very options and commands, ready to be pasted. */
export function remedyWithoutPerson(action: Action, subject: Subject, asker: Asker): string {
  const target = exactTarget(action, subject);
  if (target === undefined) return 'Do it where somebody can be asked: no rule can name this alone.';
  const word = shellWord(target);
  const skill = asker.skill === undefined ? '' : ` --skill ${asker.skill.name}`;
  const once = `--allow ${word}`;
  const options = action.kind === 'SkillRun' && asker.channel === 'cli' ? `--yes or ${once}` : once;
  // No rule that names a skill fits an unsigned one.
  if (asker.skill?.trust === 'dev')
    return `Run it with ${options}; code that is not signed cannot be allowed for good.`;
  return `Run it with ${options}, or allow it for good: wirken permission allow ${word}${skill}`;
}

export function remedyForChannel(tier: Tier, channel: string): string {
  return `Ask for it on the terminal: tier ${tier} is not answered on ${channel} unless the operator opens that channel for it.`;
}

/** One word for a POSIX shell, with everything in it as it is. */
export function shellWord(text: string): string {
  // A pattern of words holds quotes itself, so that one kind is not always enough.
  return exactArgv([text]) ?? `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
