import { expect, it } from 'vitest';
import { steppedClock, systemGuestClock } from './clock.ts';

it.for([1_000_000n, 1_000_000_000n, 1n])('the system clock goes in steps of %s ns', (resolutionNs) => {
  const clock = systemGuestClock({ resolutionNs });
  expect(clock.resolutionNs).toBe(resolutionNs);
  for (let round = 0; round < 100; round++) {
    expect(clock.realtimeNs() % resolutionNs).toBe(0n);
    expect(clock.monotonicNs() % resolutionNs).toBe(0n);
  }
  const off = Number(clock.realtimeNs() / 1_000_000n) - Date.now();
  expect(Math.abs(off)).toBeLessThan(5000);
});

it('has moved by at least what was slept, on the coarse clock too', () => {
  const clock = systemGuestClock();
  for (const ns of [0n, 1n, 500_000n, 1_000_000n, 3_300_000n]) {
    const before = clock.monotonicNs();
    clock.sleep(ns);
    expect(clock.monotonicNs() - before).toBeGreaterThanOrEqual(ns);
  }
});

it('never falls', () => {
  const clock = systemGuestClock({ resolutionNs: 1n });
  let last = clock.monotonicNs();
  for (let round = 0; round < 1000; round++) {
    const now = clock.monotonicNs();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
});

it('the stepped clock moves by its readers and its sleepers alone', () => {
  const clock = steppedClock({ startNs: 1000n, stepNs: 10n });
  expect([clock.realtimeNs(), clock.monotonicNs(), clock.realtimeNs()]).toEqual([1000n, 10n, 1020n]);
  clock.sleep(500n);
  expect([clock.realtimeNs(), clock.monotonicNs()]).toEqual([1530n, 540n]);
  expect(clock.resolutionNs).toBe(10n);
  expect(steppedClock({ startNs: 0n, stepNs: 0n }).resolutionNs).toBe(1n);
});
