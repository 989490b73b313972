import type { Fault } from '../output.ts';
import type { Denied } from '../../policy/gate-ports.ts';
import type { RecordedOutcome } from '../../wasi/call-skill.ts';

export type FailedOutcome = Exclude<RecordedOutcome, { readonly kind: 'done' }>;

/** Why a call gave no result, in the words and codes of errors. */
export function faultOfOutcome(skill: string, outcome: FailedOutcome): Fault & { readonly log?: string } {
  switch (outcome.kind) {
    case 'denied':
      return faultOfDenial(outcome);
    case 'tool-failed':
      return { code: 'tool-failed', message: `${skill} exited with ${outcome.code}: ${outcome.message}` };
    case 'result-invalid':
      return {
        code: 'result-invalid',
        message: `${skill} answered, but not what it declares: ${outcome.message}`,
        remedy: 'Tell its author.',
        log: outcome.log,
      };
    case 'limit':
      return {
        code: 'limit-exceeded',
        message: `${skill} was ended by its ${outcome.limit} limit: ${outcome.message}`,
        remedy: 'Give it less to do; its manifest asks for the limits, `config.yaml` caps them.',
        log: outcome.log,
      };
    case 'trap':
      return {
        code: 'trap',
        message: `${skill} crashed in the sandbox: ${outcome.message}`,
        remedy: 'Tell its author.',
        log: outcome.log,
      };
    case 'refused':
      return { code: outcome.code, message: `${skill} did not run: ${outcome.message}` };
    case 'crashed':
      return {
        code: 'runner-crashed',
        message: `the sandbox of ${skill} ended: ${outcome.message}`,
        remedy: 'Nothing else is affected; try again.',
      };
  }
}

/** A refusal for want of anybody to ask has a code of its own: a script can tell it from a no. */
export function faultOfDenial({ decider, message, remedy }: Pick<Denied, 'decider' | 'message' | 'remedy'>): Fault {
  const code = decider === 'nobody' ? 'consent-required' : decider === 'log' ? 'audit-unwritable' : 'denied';
  return { code, message, remedy };
}
