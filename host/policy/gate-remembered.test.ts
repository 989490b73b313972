import { describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import type { Clock } from '../base/ports.ts';
import type { Action, Asker } from './action.ts';
import { ScriptedApprover, TEST_ACTIONS, TEST_ASKER, TEST_CLOCK, TEST_SKILL, askGate, testGate } from './testing.ts';

const { WorkspaceWrite: write, SkillRun: run } = TEST_ACTIONS;
const bySkill: Asker = { ...TEST_ASKER, skill: TEST_SKILL };

describe('a remembered answer', () => {
  it('serves again, and says that it was remembered', async () => {
    const approver = new ScriptedApprover('always');
    const { gate, log, answers } = testGate({ approver });
    await askGate(gate, write, bySkill);
    expect(await askGate(gate, write, { ...bySkill, session: 'another' })).toMatchObject({
      kind: 'permit',
      decider: 'remembered',
    });
    expect(approver.questions).toHaveLength(1);
    expect(log.decisions[1]).toMatchObject({ remembered: true, rule: 'remembered answer m1 (always, 2026-05-04)' });
    expect(answers.list(TEST_CLOCK.now())).toMatchObject([
      { effect: 'always', variant: 'WorkspaceWrite', pattern: 'src/a.ts', digest: TEST_SKILL.digest },
    ]);
  });

  it('of never serves as a no, also once the tier is 1', async () => {
    const approver = new ScriptedApprover('never', 'once');
    const { gate } = testGate({ approver });
    await askGate(gate, run);
    const trusted: Action = { ...run, trust: 'root-delegated' };
    for (const action of [run, trusted]) {
      expect(await askGate(gate, action)).toMatchObject({
        kind: 'denied',
        decider: 'remembered',
        remedy: 'To be asked again: wirken permission revoke m1',
      });
    }
    expect(approver.questions).toHaveLength(1);
  });

  it('for a session serves that one, and is written down nowhere', async () => {
    const approver = new ScriptedApprover('session', 'no');
    const { gate, answers } = testGate({ approver });
    await askGate(gate, write);
    expect(await askGate(gate, write)).toMatchObject({ kind: 'permit', decider: 'remembered' });
    expect(answers.list(TEST_CLOCK.now())).toEqual([]);
    expect(await askGate(gate, write, { ...TEST_ASKER, session: 'another' })).toMatchObject({ kind: 'denied' });
    gate.endSession(TEST_ASKER.session);
    expect(await askGate(gate, write)).toMatchObject({ kind: 'denied', decider: 'person' });
  });

  it.for<readonly [string, Asker]>([
    ['code', { ...bySkill, skill: { ...TEST_SKILL, digest: 'c'.repeat(64) } }],
    ['publisher', { ...bySkill, skill: { ...TEST_SKILL, publisher: 'c'.repeat(64) } }],
    ['agent', { ...bySkill, agent: 'helper' }],
    ['channel', { ...bySkill, channel: 'telegram' }],
    ['person', { ...bySkill, person: 'ben' }],
    ['asker without code', TEST_ASKER],
  ])('is never inherited by another %s', async ([, asker]) => {
    const approver = new ScriptedApprover('always', 'no');
    const { gate } = testGate({ approver });
    await askGate(gate, write, bySkill);
    expect(await askGate(gate, write, asker)).toMatchObject({ kind: 'denied', decider: 'person' });
  });

  it('ends with its time', async () => {
    let nowMs = TEST_CLOCK.now();
    const clock: Clock = { now: () => nowMs };
    const approver = new ScriptedApprover('always', 'no');
    const { gate } = testGate({ approver, clock, rememberMs: 1000 });
    await askGate(gate, write);
    nowMs += 999;
    expect(await askGate(gate, write)).toMatchObject({ kind: 'permit' });
    nowMs += 1;
    expect(await askGate(gate, write)).toMatchObject({ kind: 'denied' });
  });

  it('of tier 2 does not serve once the tier is 3', async () => {
    const approver = new ScriptedApprover('always', 'no');
    let tool: Action = { ...TEST_ACTIONS.McpToolCall, readOnly: true };
    const { gate } = testGate({ approver });
    await askGate(gate, tool);
    expect(await askGate(gate, tool)).toMatchObject({ kind: 'permit' });
    tool = { ...TEST_ACTIONS.McpToolCall, readOnly: false };
    expect(await askGate(gate, tool)).toMatchObject({ kind: 'denied', decider: 'person' });
  });

  it('is kept only after the decision is durable', async () => {
    const order: string[] = [];
    const { gate, answers } = testGate({
      approver: new ScriptedApprover('always'),
      log: {
        record: async () => {
          order.push(`record, ${answers.list(TEST_CLOCK.now()).length} kept`);
        },
      },
    });
    await askGate(gate, write);
    expect(order).toEqual(['record, 0 kept']);
  });

  it('is not kept if the decision could not be recorded', async () => {
    const { gate, log, answers } = testGate({ approver: new ScriptedApprover('always') });
    log.broken = new HostError('audit-unwritable', 'full');
    await askGate(gate, write);
    expect(answers.list(TEST_CLOCK.now())).toEqual([]);
  });

  it('that cannot be kept is an answer all the same; the user is told', async () => {
    const { gate: _, answers } = testGate();
    const told: HostError[] = [];
    const fail = (): never => {
      throw new HostError('io', 'no room');
    };
    const failing = { find: fail, add: fail, list: fail, remove: fail, sweep: fail };
    const approver = new ScriptedApprover('once');
    const onUnremembered = (__: Action, error: HostError): void => void told.push(error);
    const { gate } = testGate({ approver, answers: failing, onUnremembered });
    expect(await askGate(gate, write)).toMatchObject({ kind: 'permit' });
    expect(approver.questions).toMatchObject([{ choices: ['once', 'no'] }]);
    const adding = { ...failing, find: () => answers.find({ ...TEST_ASKER, variant: 'AgentSpawn', pattern: '' }, 0) };
    const always = new ScriptedApprover('always');
    const { gate: second } = testGate({ approver: always, answers: adding, onUnremembered });
    expect(await askGate(second, write)).toMatchObject({ kind: 'permit' });
    expect(told.map(({ message }) => message)).toEqual(['no room', 'no room']);
  });
});
