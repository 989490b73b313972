import type { Clock } from '../../base/ports.ts';

/** No receiver keeps us waiting longer. */
export const MAX_RETRY_AFTER_MS = 3_600_000;
const SECONDS = /^\d{1,9}$/;

/**
 * The wait that a Retry-After header asks for, or `undefined` if it is absent or neither seconds nor a date.
 * Source: RFC 9110 §10.2.3.
 */
export function parseRetryAfter(untrusted: string | null, clock: Clock): number | undefined {
  const text = untrusted?.trim() ?? '';
  const ms = SECONDS.test(text) ? Number(text) * 1000 : httpDate(text) - clock.now();
  if (Number.isNaN(ms)) return undefined;
  return Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** Only the form that RFC 9110 has senders use: `Date.parse` takes anything that looks like a date. */
function httpDate(text: string): number {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}
