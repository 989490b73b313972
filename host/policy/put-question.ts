import { HostError } from '../base/error.ts';
import type { Approver, Choice, Question } from './gate-ports.ts';
import { orAborted } from './lanes.ts';

/** What became of a question. Only a choice that was offered counts as one. */
export type Reply =
  | { readonly kind: 'answered'; readonly choice: Choice }
  | { readonly kind: 'unavailable' | 'late' | 'senseless' }
  | { readonly kind: 'failed'; readonly error: HostError };

/**
 * Puts the question to the approver and waits no longer than `withinMs`. Rejects with `signal.reason`.
 * @throws whatever the approver throws that is no HostError: a bug
 */
export async function putQuestion(
  approver: Approver,
  question: Question,
  withinMs: number,
  signal: AbortSignal,
): Promise<Reply> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException('nobody answered in time', 'TimeoutError')), withinMs);
  const until = AbortSignal.any([signal, late.signal]);
  try {
    const answer: unknown = await orAborted(approver.ask(question, until), until);
    if (answer === 'unavailable') return { kind: 'unavailable' };
    const choice = question.choices.find((offered) => offered === answer);
    return choice === undefined ? { kind: 'senseless' } : { kind: 'answered', choice };
  } catch (error) {
    signal.throwIfAborted();
    if (late.signal.aborted) return { kind: 'late' };
    if (error instanceof HostError) return { kind: 'failed', error };
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
