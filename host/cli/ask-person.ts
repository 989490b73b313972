import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';

/** How long nothing may have been typed before a question is open, milliseconds. */
const QUIET_MS = 100;
/** How long to wait for that; whoever types on has not read the question. */
const MAX_DRAIN_MS = 5_000;
const CTRL_C = 0x03;
const CTRL_D = 0x04;

type Person = Pick<Context, 'stdin' | 'stderr' | 'signal'>;

/** Whether someone can be asked: both ends are terminals. */
export function canAsk(context: Pick<Context, 'stdin' | 'stderr'>): boolean {
  return context.stdin.isTTY && context.stderr.isTTY;
}

/**
 * Asks a question on the terminal whose yes is `word`, shown in it, typed in full; anything else is a no, the end of the input too. What was
 * typed before the question stood there is thrown away, so that it cannot be the answer.
 */
export async function askWord(
  person: Person,
  lines: readonly string[],
  word: string,
  question: string,
): Promise<boolean> {
  const { text } = await import('@clack/prompts');
  const answer = await ask(person, lines, (scene) =>
    text({
      ...scene,
      message: `${question} Type ${word} to agree; Enter alone is a no.`,
      validate: (typed = '') =>
        ['', 'n', 'no', word].includes(typed) ? undefined : `Type ${word} to agree, or nothing to decline.`,
    }),
  );
  return answer === word;
}

/** The same for one of several answers, chosen from a list; `undefined` when the person left. `initial` is where the cursor stands. */
export async function askChoice<T extends string>(
  person: Person,
  lines: readonly string[],
  question: string,
  options: readonly { readonly value: T; readonly label: string }[],
  initial: T,
): Promise<T | undefined> {
  const { isCancel, select } = await import('@clack/prompts');
  const answer = await ask(person, lines, (scene) =>
    select<string>({ ...scene, message: question, options: [...options], initialValue: initial }),
  );
  if (answer === undefined || isCancel(answer)) return undefined;
  return options.find(({ value }) => value === answer)?.value;
}

interface Scene {
  readonly input: Context['stdin'];
  readonly output: Context['stderr'];
  readonly signal: AbortSignal;
}

async function ask<T>(
  { stdin, stderr, signal }: Person,
  lines: readonly string[],
  prompt: (scene: Scene) => Promise<T>,
): Promise<T | undefined> {
  for (const line of lines) stderr.write(`${line}\n`);
  // The prompt itself would wait for ever where the input has ended.
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const hear = (chunk: Uint8Array): void => void (chunk.includes(CTRL_D) && end());
  stdin.setRawMode(true);
  try {
    if (!(await isQuiet(stdin, signal))) return undefined;
    stdin.on('data', hear).once('end', end);
    return await prompt({ input: stdin, output: stderr, signal: AbortSignal.any([signal, ended.signal]) });
  } finally {
    stdin.off('data', hear).off('end', end).pause();
    stdin.setRawMode(false);
  }
}

/** Throws away what is typed until nothing is any more; `false` if that never ends, or someone wants to leave. */
async function isQuiet(stdin: Context['stdin'], signal: AbortSignal): Promise<boolean> {
  let heard = false;
  let left = false;
  const drop = (chunk: Uint8Array): void => {
    heard = true;
    left ||= chunk.includes(CTRL_C);
  };
  const leave = (): void => {
    left = true;
  };
  stdin.on('data', drop).once('end', leave).resume();
  try {
    for (let waitedMs = 0; waitedMs < MAX_DRAIN_MS; waitedMs += QUIET_MS) {
      heard = false;
      await sleep(QUIET_MS, undefined, { signal });
      if (left) return false;
      if (!heard) return true;
    }
    return false;
  } finally {
    stdin.off('data', drop).off('end', leave).pause();
  }
}
