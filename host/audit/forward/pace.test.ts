import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fixedClock } from '../../base/ports.ts';
import { DEFAULT_PACE, refusedWait, retryWait } from './pace.ts';
import { MAX_RETRY_AFTER_MS, parseRetryAfter } from './retry-after.ts';

const random = (byte: number) => ({ fill: (bytes: Uint8Array) => void bytes.fill(byte) });

it('doubles the wait up to its cap, half of it random', () => {
  const least = [1, 2, 3, 4, 10, 1000].map((failures) => retryWait(DEFAULT_PACE, failures, random(0)));
  const most = [1, 2, 3, 4, 10, 1000].map((failures) => retryWait(DEFAULT_PACE, failures, random(0xff)));
  expect(least).toEqual([500, 1000, 2000, 4000, 150_000, 150_000]);
  expect(most).toEqual([1000, 2000, 4000, 8000, 300_000, 300_000]);
  expect(refusedWait(DEFAULT_PACE, random(0))).toBe(300_000);
});

it('never comes back before the receiver asked for', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(255), fc.nat(MAX_RETRY_AFTER_MS), (failures, byte, afterMs) => {
      const ms = retryWait(DEFAULT_PACE, failures + 1, random(byte), afterMs);
      expect(ms).toBeGreaterThanOrEqual(afterMs);
      expect(ms).toBeLessThanOrEqual(Math.max(afterMs, DEFAULT_PACE.lastRetryMs));
    }),
  );
});

it.for<[string | null, number | undefined]>([
  ['0', 0],
  ['7', 7000],
  [' 120 ', 120_000],
  ['999999999', MAX_RETRY_AFTER_MS],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['Sun, 01 Mar 2028 12:00:00 GMT', MAX_RETRY_AFTER_MS],
  [null, undefined],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026-03-01', undefined],
  ['99999999999999999999', undefined],
  ['Xxx, 99 Mar 2026 99:99:99 GMT', undefined],
])('reads Retry-After %j', ([text, ms]) => {
  expect(parseRetryAfter(text, fixedClock('2026-03-01T12:00:00Z'))).toBe(ms);
});
