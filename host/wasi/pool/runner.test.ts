import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deliverCode } from '../code.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { scratch } from './fixtures.ts';
import { planRunner } from './plan.ts';
import { Runner } from './runner.ts';
import { startSpawner } from './spawn.ts';
import { NOWHERE } from './where.ts';

const HOSTILE = fileURLToPath(new URL('./hostile.mjs', import.meta.url));

async function withHostile(act: string, use: (runner: Runner) => Promise<void>): Promise<void> {
  using cache = scratch();
  const code = { ...deliverCode(cache.path), runner: HOSTILE, readable: [{ path: HOSTILE, isDirectory: false }] };
  const plan = planRunner(NOWHERE, false, DEFAULT_LIMITS.memoryBytes, true);
  await using spawner = await startSpawner(plan, code, true, [act]);
  await use(new Runner(await spawner.start()));
}

describe('a runner that breaks the protocol is ended, whatever its guest would have been', () => {
  it.for([
    ['a long frame', 'it sent a frame of no kind, or one that is too long'],
    ['an unknown kind', 'it sent a frame of no kind, or one that is too long'],
    ['a second ready', 'it said twice that it is ready'],
    ['output in pieces', 'it sent output in pieces'],
    ['a wish for stdin', 'it asked for stdin out of turn'],
    ['progress that is none', 'it sent progress that is none'],
    ['a torn end', 'it sent an end that is none'],
  ] as const)('%s', async ([act, why]) => {
    await withHostile(act, async (runner) => {
      expect(await runner.ready).toBe(true);
      const { answer } = await runner.call({ frames: [Buffer.from('call')], limits: DEFAULT_LIMITS });
      expect(answer).toEqual({ kind: 'gone', how: `it was ended: ${why}` });
      expect(await runner.ended).toBe(`it was ended: ${why}`);
      expect(runner.isAlive).toBe(false);
    });
  });

  it.for([
    ['a journal', undefined, 'it sent a frame of no kind, or one that is too long'],
    ['an end with a journal', undefined, 'it sent a journal out of turn'],
    ['an end after no journal', undefined, 'it sent a journal out of turn'],
    ['a long journal', 4, 'it sent a frame of no kind, or one that is too long'],
    ['two journals', 4, 'it sent a journal out of turn'],
    ['a journal and an end without', 4, 'it sent a journal out of turn'],
    ['an end after no journal', 4, 'it sent a journal out of turn'],
  ] as const)('%s, with %s bytes asked for', async ([act, journalBytes, why]) => {
    await withHostile(act, async (runner) => {
      await runner.ready;
      const call = { frames: [Buffer.from('call')], limits: DEFAULT_LIMITS, journalBytes };
      const { answer } = await runner.call(call);
      expect(answer).toEqual({ kind: 'gone', how: `it was ended: ${why}` });
    });
  });

  it.for([
    ['a flood of output', 'it sent more output than allowed'],
    ['a flood of stderr', 'it sent more stderr than allowed'],
  ] as const)('%s, while stdio is live', async ([act, why]) => {
    let bytes = 0;
    const take = (part: Uint8Array): undefined => void (bytes += part.length);
    const live = { readStdin: () => Promise.resolve(new Uint8Array()), writeStdout: take, writeStderr: take };
    await withHostile(act, async (runner) => {
      await runner.ready;
      const { answer } = await runner.call({ frames: [Buffer.from('call')], limits: DEFAULT_LIMITS, live });
      expect(answer).toEqual({ kind: 'gone', how: `it was ended: ${why}` });
      expect(bytes).toBeLessThanOrEqual(DEFAULT_LIMITS.outputBytes);
    });
  });

  it('closing its link', async () => {
    await withHostile('silence', async (runner) => {
      await runner.ready;
      const { answer } = await runner.call({ frames: [Buffer.from('call')], limits: DEFAULT_LIMITS });
      expect(answer).toEqual({ kind: 'gone', how: 'SIGKILL' });
    });
  });

  it('talking before it is ready', async () => {
    await withHostile('talk ahead', async (runner) => {
      await expect(runner.ready).rejects.toThrow('it was ended: it spoke without being asked');
    });
  });

  it('talking without a call', async () => {
    await withHostile('talk unasked', async (runner) => {
      expect(await runner.ended).toBe('it was ended: it spoke without being asked');
    });
  });
});
