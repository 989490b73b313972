import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';

/** How long what was typed ahead may still trickle in before a question is open, milliseconds. */
const DRAIN_MS = 60;

/** Whether someone can be asked: both ends are terminals. */
export function canAsk(context: Pick<Context, 'stdin' | 'stderr'>): boolean {
  return context.stdin.isTTY && context.stderr.isTTY;
}

/**
 * Asks a yes-or-no question on the terminal; anything but a yes is a no. What was typed before the question stood there is thrown
 * away, so that it cannot be the answer.
 */
export async function askYesNo(context: Context, lines: readonly string[], question: string): Promise<boolean> {
  const { stdin, stderr, signal } = context;
  for (const line of lines) stderr.write(`${line}\n`);
  await drain(stdin);
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false, input: stdin, output: stderr, signal });
  return !isCancel(answer) && answer;
}

async function drain(stdin: Context['stdin']): Promise<void> {
  const drop = (): void => undefined;
  stdin.setRawMode(true);
  stdin.on('data', drop).resume();
  await sleep(DRAIN_MS);
  stdin.off('data', drop).pause();
  stdin.setRawMode(false);
}
