import { afterEach, beforeEach, expect, it } from 'vitest';
import { HASH, Machine, neverAborted } from '../../skill/bundle.fixture.ts';
import { remove } from '../../skill/remove.ts';
import { skillsOf } from './skills.ts';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine[Symbol.dispose]());

it('gives a skill by its very bytes, and says why it cannot', async () => {
  const skill = skillsOf(machine.skills());
  expect(await skill(HASH, 'a'.repeat(64), neverAborted)).toEqual({
    unavailable: expect.stringContaining('not-installed'),
  });
  await machine.put({ version: '1.0.0' });
  const first = machine.locked()?.digest ?? '';
  expect(await skill(HASH, first, neverAborted)).toMatchObject({ granted: { skill: { digest: first } } });

  await machine.put({ version: '1.1.0' });
  const second = machine.locked()?.digest ?? '';
  expect(await skill(HASH, first, neverAborted)).toEqual({
    unavailable: expect.stringContaining(`another version of ${HASH} is installed`),
  });
  expect(await skill(HASH, second, neverAborted)).toMatchObject({ granted: { skill: { digest: second } } });

  machine.trust.revocations = { ...machine.trust.revocations, digests: new Set([second]) };
  expect(await skill(HASH, second, neverAborted)).toEqual({ unavailable: expect.stringContaining('revoked') });
  await remove(HASH, machine.data, neverAborted);
  expect(await skill(HASH, second, neverAborted)).toEqual({ unavailable: expect.stringContaining('not-installed') });
  expect(await skill('../x\x1b[2J', second, neverAborted)).toEqual({
    unavailable: '"../x\\x1b[2J" is no name of a skill',
  });
});

it('passes on that it was told to stop', async () => {
  const reason = new Error('enough');
  const load = (_: unknown, signal: AbortSignal): Promise<never> => Promise.reject(signal.reason);
  await expect(skillsOf({ load })(HASH, 'a'.repeat(64), AbortSignal.abort(reason))).rejects.toBe(reason);
});
