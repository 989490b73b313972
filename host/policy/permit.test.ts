import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseAllowance } from './allowance.ts';
import { Permit } from './permit.ts';
import {
  RecordedLog,
  ScriptedApprover,
  TEST_ACTIONS,
  TEST_ASKER,
  WaitingApprover,
  askGate,
  permitFor,
  testGate,
  testRules,
} from './testing.ts';

const { WorkspaceRead: read } = TEST_ACTIONS;
const forever = new AbortController().signal;

describe('a permit', () => {
  it('is for what was asked, whatever becomes of the object', async () => {
    const argv = ['rm', 'a'];
    const action = { kind: 'ShellExec' as const, argv };
    const asked = new WaitingApprover();
    const { gate } = testGate({ approver: asked });
    const asking = gate.ask(action, TEST_ASKER, {}, forever);
    argv[1] = '/';
    await sleep(1);
    asked.answer('once');
    const permit = await asking;
    argv.push('-rf');
    expect(permit.action.argv).toEqual(['rm', 'a']);
    expect(() => Reflect.set(permit.action.argv, 0, 'x')).not.toThrow();
    expect(permit.action.argv[0]).toBe('rm');
    expect(Reflect.set(permit, 'action', action)).toBe(false);
  });

  it('is spent once', async () => {
    const permit = await permitFor(read);
    expect(Permit.spend(permit, 'WorkspaceRead')).toEqual(read);
    expect(() => Permit.spend(permit, 'WorkspaceRead')).toThrow('spent already');
  });

  it('pays for its own kind, and stays good when it is offered for another', async () => {
    const permit = await permitFor(read);
    expect(() => Permit.spend(permit as never, 'WorkspaceWrite')).toThrow('does not pay');
    expect(Permit.spend(permit, 'WorkspaceRead')).toEqual(read);
  });

  it.for<readonly [string, (permit: Permit<'WorkspaceRead'>) => unknown]>([
    ['an object of the same members', (permit) => Object.assign({}, permit)],
    ['a clone', (permit) => Object.create(Permit.prototype, Object.getOwnPropertyDescriptors(permit))],
    ['a proxy', (permit) => new Proxy(permit, {})],
    ['a child', (permit) => Object.create(permit)],
    ['a denial', () => ({ kind: 'denied', action: read })],
    ['nothing', () => undefined],
  ])('is not %s', async ([, forge]) => {
    const forged = forge(await permitFor(read));
    expect(() => Permit.spend(forged as never, 'WorkspaceRead')).toThrow(TypeError);
  });

  it('is made by the gate alone', () => {
    expect(() => Permit.claimMint()).toThrow('by the gate alone');
  });

  it('is not given for an action of no kind', async () => {
    const { gate, log } = testGate({ rules: () => testRules({ effect: 'allow', target: '*' }) });
    await expect(askGate(gate, { kind: 'constructor' } as never)).rejects.toThrow(TypeError);
    expect(log.decisions).toEqual([]);
  });

  it('is not given for what is malformed, whatever allows it', async () => {
    const { gate, log } = testGate({
      rules: () => testRules({ effect: 'allow', target: '*' }),
      approver: new ScriptedApprover('once'),
    });
    const allowed = [parseAllowance('WorkspaceRead')];
    for (const path of ['../x', '/etc/passwd', 'src/../x', 'a//b', '']) {
      expect(await askGate(gate, { kind: 'WorkspaceRead', path }, TEST_ASKER, { allowed })).toMatchObject({
        kind: 'denied',
        decider: 'rule',
      });
    }
    expect(log.decisions).toHaveLength(5);
  });
});

it('shows the log what was asked, not what the object became', async () => {
  const log = new RecordedLog();
  const { gate } = testGate({ log });
  const action = { kind: 'WorkspaceRead' as const, path: 'a' };
  await gate.ask(action, TEST_ASKER, {}, forever);
  action.path = 'b';
  expect(log.decisions).toMatchObject([{ action: { path: 'a' } }]);
});
