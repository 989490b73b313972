import type { Clock } from '../../base/ports.ts';
import type { SecretString } from '../../base/secret-string.ts';
import { shown } from '../../base/shown.ts';
import type { SendResult } from './forwarder.ts';
import type { Answer } from './post.ts';
import { parseRetryAfter } from './retry-after.ts';

type Answered = Extract<Answer, { kind: 'answered' }>;

const MAX_QUOTED_CHARS = 200;

/** What needs a later try; every 5xx does, too. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);
/** What is wrong with the batch itself. */
const ABOUT_THE_BATCH: ReadonlySet<number> = new Set([400, 413, 422]);

/**
 * What an answer means that is not the one which the receiver gives to a batch it takes. `secrets` are covered in the reason: some
 * receivers quote the request.
 */
export function verdictOf(answer: Answer, clock: Clock, secrets: readonly SecretString[]): SendResult {
  if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason };
  const { status } = answer;
  const reason = quoted(answer, secrets);
  if (status >= 300 && status < 400) {
    return {
      kind: 'refused',
      reason: `${reason}; a redirect is not followed: set the url to where it leads, if that is right`,
    };
  }
  if (TRANSIENT.has(status) || status >= 500) {
    const afterMs = parseRetryAfter(answer.headers.get('retry-after'), clock);
    return { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  if (ABOUT_THE_BATCH.has(status)) return { kind: 'batch-rejected', reason };
  if (status < 300)
    return { kind: 'refused', reason: `${reason}, which this kind of receiver does not; is the url right?` };
  return { kind: 'refused', reason };
}

/** The answer as a person may see it. */
export function quoted({ status, statusText, text }: Answered, secrets: readonly SecretString[]): string {
  const cover = (untrusted: string) => secrets.reduce((covered, secret) => secret.coverIn(covered), untrusted);
  const phrase = shown(cover(statusText), 80);
  const said = shown(cover(text.trim()), MAX_QUOTED_CHARS);
  return `it answers ${status}${phrase === '' ? '' : ` ${phrase}`}${said === '' ? '' : `: ${said}`}`;
}
