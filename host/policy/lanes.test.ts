import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Lanes, orAborted } from './lanes.ts';

const reason = new Error('enough');
const never = (): Promise<never> => new Promise(() => undefined);
const forever = new AbortController().signal;

it('answers what the promise does', async () => {
  expect(await orAborted(Promise.resolve(7), forever)).toBe(7);
  await expect(orAborted(Promise.reject(reason), forever)).rejects.toBe(reason);
});

it('rejects with the reason, whether it comes before or meanwhile', async () => {
  await expect(orAborted(never(), AbortSignal.abort(reason))).rejects.toBe(reason);
  await expect(orAborted(Promise.resolve(7), AbortSignal.abort(reason))).rejects.toBe(reason);
  const stop = new AbortController();
  const waiting = orAborted(never(), stop.signal);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

it('leaves no rejection to nobody', async () => {
  const unhandled: unknown[] = [];
  const hear = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', hear);
  await expect(orAborted(Promise.reject(new Error('late')), AbortSignal.abort(reason))).rejects.toBe(reason);
  await sleep(5);
  process.off('unhandledRejection', hear);
  expect(unhandled).toEqual([]);
});

it('runs a lane in order, others beside it, and goes on behind a failure', async () => {
  const lanes = new Lanes(10);
  const order: string[] = [];
  const work = (name: string, ms: number) => async () => {
    order.push(`${name} begins`);
    await sleep(ms);
    order.push(`${name} ends`);
    if (name === 'a1') throw reason;
    return name;
  };
  const all = await Promise.allSettled([
    lanes.run('a', work('a1', 10), forever),
    lanes.run('a', work('a2', 1), forever),
    lanes.run('b', work('b1', 1), forever),
  ]);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(order.indexOf('a1 ends')).toBeLessThan(order.indexOf('a2 begins'));
  expect(order.indexOf('b1 begins')).toBeLessThan(order.indexOf('a1 ends'));
});

it('is full at its limit, and has room again', async () => {
  const lanes = new Lanes(1);
  const first = lanes.run('a', () => sleep(5), forever);
  expect(await lanes.run('a', async () => 'second', forever)).toBe('full');
  expect(await lanes.run('b', async () => 'other', forever)).toBe('other');
  await first;
  expect(await lanes.run('a', async () => 'third', forever)).toBe('third');
});
