import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import type { Clock } from '../base/ports.ts';
import type { Action, ActionKind, Asker } from './action.ts';
import { allowanceOfYes, parseAllowance } from './allowance.ts';
import type { Allowance, Approver, Choice, Decision, Question } from './gate-ports.ts';
import type { GatePorts } from './gate.ts';
import { Permit } from './permit.ts';
import {
  askGate,
  permitFor,
  RecordedLog,
  ScriptedApprover,
  TEST_ACTIONS,
  TEST_ASKER,
  TEST_CLOCK,
  TEST_SKILL,
  testGate,
  testRules,
} from './testing.ts';

const { WorkspaceRead: read, WorkspaceWrite: write, WorkspaceDelete: remove, SkillRun: run } = TEST_ACTIONS;
const bySkill: Asker = { ...TEST_ASKER, skill: TEST_SKILL };
const forever = new AbortController().signal;

describe('tier 1', () => {
  it('is allowed and recorded; nobody is asked', async () => {
    const approver = new ScriptedApprover('no');
    const { gate, log } = testGate({ approver });
    expect(await askGate(gate, read)).toMatchObject({ kind: 'permit', decider: 'tier', action: read });
    expect(log.decisions).toEqual([
      {
        action: read,
        tier: 1,
        asker: TEST_ASKER,
        decision: 'allowed',
        decider: 'tier',
        rule: 'tier1',
        remembered: false,
      },
    ]);
    expect(approver.questions).toEqual([]);
  });

  it('goes on when the log cannot be written, and the user is told', async () => {
    const told: Decision[] = [];
    const { gate, log } = testGate({ onUnrecorded: (decision) => told.push(decision) });
    log.broken = new HostError('audit-unwritable', 'full');
    expect(await askGate(gate, read)).toMatchObject({ kind: 'permit' });
    expect(told).toMatchObject([{ decision: 'allowed', tier: 1 }]);
  });
});

describe('a person', () => {
  it.for<readonly [Choice, 'permit' | 'denied']>([
    ['once', 'permit'],
    ['session', 'permit'],
    ['always', 'permit'],
    ['never', 'denied'],
    ['no', 'denied'],
  ])('who answers %s in tier 2: %s', async ([choice, kind]) => {
    const { gate, log } = testGate({ approver: new ScriptedApprover(choice) });
    expect(await askGate(gate, write)).toMatchObject({ kind });
    expect(log.decisions).toMatchObject([{ decider: 'person', rule: `answered ${choice}`, choice, remembered: false }]);
  });

  it.for<readonly [string, Choice, 'permit' | 'denied']>([
    ['once', 'once', 'permit'],
    ['no', 'no', 'denied'],
    ['session, which is not offered', 'session', 'denied'],
    ['always, which is not offered', 'always', 'denied'],
    ['never, which is not offered', 'never', 'denied'],
  ])('who answers %s in tier 3', async ([, choice, kind]) => {
    const approver = new ScriptedApprover(choice);
    const { gate, answers } = testGate({ approver });
    expect(await askGate(gate, remove)).toMatchObject({ kind });
    expect(approver.questions).toMatchObject([{ tier: 3, choices: ['once', 'no'], word: 'delete' }]);
    expect(await askGate(gate, remove)).toMatchObject({ kind });
    expect(approver.questions).toHaveLength(2);
    expect(answers.list(TEST_CLOCK.now())).toEqual([]);
  });

  it.for(['yes', '', undefined, null, true, 'ONCE', 'constructor', { choice: 'once' }, ['once']])(
    'who answers %j has said no',
    async (answer) => {
      const approver: Approver = { ask: async () => answer as Choice };
      const { gate, log } = testGate({ approver });
      expect(await askGate(gate, write)).toMatchObject({ kind: 'denied', decider: 'nobody' });
      expect(log.decisions).toMatchObject([{ decision: 'denied' }]);
    },
  );

  it('sees everything that matters', async () => {
    const approver = new ScriptedApprover('no');
    const { gate } = testGate({ approver });
    await askGate(gate, write, bySkill, { args: { text: 'hello' } });
    expect(approver.questions).toEqual([
      {
        action: write,
        tier: 2,
        asker: bySkill,
        text: 'Change the file "src/a.ts" in the workspace?',
        args: { text: 'hello' },
        why: 'tier 2: outside what a skill was granted to write',
        pattern: 'WorkspaceWrite:src/a.ts',
        choices: ['once', 'session', 'always', 'never', 'no'],
      },
    ]);
  });

  it.for<readonly [string, Action, Asker]>([
    ['the code is unsigned', write, { ...bySkill, skill: { ...TEST_SKILL, trust: 'dev' } }],
    ['no pattern names it alone', { ...write, path: 'a*' }, bySkill],
    ['a skill would run another', { ...run, digest: 'c' }, bySkill],
  ])('is not offered to be remembered where %s', async ([, action, asker]) => {
    const approver = new ScriptedApprover('always', 'once');
    const { gate } = testGate({ approver });
    expect(await askGate(gate, action, asker)).toMatchObject({ kind: 'denied' });
    expect(await askGate(gate, action, asker)).toMatchObject({ kind: 'permit' });
    expect(approver.questions).toMatchObject([{ choices: ['once', 'no'] }, { choices: ['once', 'no'] }]);
  });

  it('who does not answer in time has not allowed it', async () => {
    const heard: AbortSignal[] = [];
    const approver: Approver = {
      ask: (_, signal) => {
        heard.push(signal);
        return new Promise(() => undefined);
      },
    };
    const { gate, log } = testGate({ approver, answerWithinMs: 5 });
    expect(await askGate(gate, write)).toMatchObject({
      kind: 'denied',
      decider: 'nobody',
      rule: 'nobody answered in time',
    });
    expect(heard[0]?.aborted).toBe(true);
    expect(log.decisions).toMatchObject([{ decision: 'denied', decider: 'nobody' }]);
  });

  it('who cannot be reached has not allowed it; a bug is a bug', async () => {
    const failing = (error: Error): Approver => ({
      ask: async () => {
        throw error;
      },
    });
    const { gate } = testGate({ approver: failing(new HostError('io', 'the line is dead')) });
    expect(await askGate(gate, write)).toMatchObject({ kind: 'denied', decider: 'nobody', rule: 'the line is dead' });
    const { gate: broken, log } = testGate({ approver: failing(new TypeError('ours')) });
    await expect(askGate(broken, write)).rejects.toThrow(TypeError);
    expect(log.decisions).toEqual([]);
  });

  it('meets what the operator forbade meanwhile', async () => {
    let rules = testRules();
    const approver: Approver = {
      ask: async () => {
        rules = testRules({ effect: 'deny', target: '*' });
        return 'always';
      },
    };
    const { gate, answers } = testGate({ approver, rules: () => rules });
    expect(await askGate(gate, write)).toMatchObject({ kind: 'denied', decider: 'rule' });
    expect(answers.list(TEST_CLOCK.now())).toEqual([]);
  });
});

describe('without a person', () => {
  it.for<readonly [string, Partial<GatePorts>]>([
    ['there is no approver', {}],
    ['nobody can be asked', { approver: new ScriptedApprover('unavailable') }],
  ])('%s: denied, and the remedy names the way', async ([, ports]) => {
    const { gate } = testGate(ports);
    expect(await askGate(gate, write, bySkill)).toMatchObject({
      kind: 'denied',
      decider: 'nobody',
      message: 'Denied: change "src/a.ts"; nobody can be asked here.',
      remedy:
        'Run it with --allow WorkspaceWrite:src/a.ts, or allow it for good: wirken permission allow WorkspaceWrite:src/a.ts --skill lyrik',
    });
    expect(await askGate(gate, run)).toMatchObject({
      remedy:
        'Run it with --yes or --allow SkillRun:lyrik/scan, or allow it for good: wirken permission allow SkillRun:lyrik/scan',
    });
    expect(await askGate(gate, { kind: 'ShellExec', argv: ['git', 'commit', '-m', "it's"] })).toMatchObject({
      remedy: `Run it with --allow 'ShellExec:git commit -m "it'\\''s"', or allow it for good: wirken permission allow 'ShellExec:git commit -m "it'\\''s"'`,
    });
    expect(await askGate(gate, { ...write, path: 'a*' })).toMatchObject({
      remedy: 'Do it where somebody can be asked: no rule can name this alone.',
    });
  });

  it('tier 3 is not answered on a channel that is not open for it', async () => {
    const approver = new ScriptedApprover('once');
    const { gate } = testGate({ approver });
    const onTelegram: Asker = { ...TEST_ASKER, channel: 'telegram' };
    expect(await askGate(gate, remove, onTelegram)).toMatchObject({
      kind: 'denied',
      decider: 'nobody',
      rule: 'tier 3 is not answered on telegram',
    });
    expect(approver.questions).toEqual([]);
    expect(await askGate(gate, write, onTelegram)).toMatchObject({ kind: 'permit' });
    const { gate: open } = testGate({ approver, tier3Open: (channel) => channel === 'telegram' });
    expect(await askGate(open, remove, onTelegram)).toMatchObject({ kind: 'permit' });
    expect(await askGate(open, remove)).toMatchObject({ kind: 'denied' });
  });
});

describe('a rule', () => {
  it('allows without asking', async () => {
    const { gate, log } = testGate({ rules: () => testRules({ effect: 'allow', target: 'WorkspaceDelete:src/**' }) });
    expect(await askGate(gate, remove)).toMatchObject({ kind: 'permit', decider: 'rule' });
    expect(log.decisions).toMatchObject([{ rule: 'allow WorkspaceDelete:src/** (permissions.yaml:1:1)' }]);
  });

  it('denies tier 1, beats the command line, the remembered and the person', async () => {
    const approver = new ScriptedApprover('always');
    let rules = testRules();
    const { gate } = testGate({ approver, rules: () => rules });
    await askGate(gate, write);
    rules = testRules({ effect: 'deny', target: '*' });
    const allowed = [parseAllowance('WorkspaceWrite'), parseAllowance('WorkspaceRead')];
    for (const action of [read, write]) {
      expect(await askGate(gate, action, TEST_ASKER, { allowed })).toMatchObject({
        kind: 'denied',
        decider: 'rule',
        rule: 'deny * (permissions.yaml:1:1)',
      });
    }
    expect(approver.questions).toHaveLength(1);
  });

  it('file that is wrong denies everything until it is mended', async () => {
    const error = new HostError('policy-invalid', 'permissions.yaml:3:5: wrong', { remedy: 'Mend it.' });
    let broken = true;
    const { gate, log } = testGate({
      approver: new ScriptedApprover('once'),
      rules: () => {
        if (broken) throw error;
        return testRules();
      },
    });
    const allowed = [parseAllowance('WorkspaceWrite')];
    for (const action of [read, write, remove]) {
      expect(await askGate(gate, action, TEST_ASKER, { allowed })).toMatchObject({
        kind: 'denied',
        decider: 'rule',
        rule: 'rules unreadable: permissions.yaml:3:5: wrong',
        remedy: 'Mend it.',
      });
    }
    expect(log.decisions).toHaveLength(3);
    broken = false;
    expect(await askGate(gate, write)).toMatchObject({ kind: 'permit' });
  });
});

describe('the command line', () => {
  const yes = allowanceOfYes('lyrik');

  it.for<readonly [string, Allowance, Action, 'permit' | 'denied']>([
    ['--yes runs the named skill', yes, run, 'permit'],
    ['--yes runs no other', yes, { ...run, skill: 'lyrik2' }, 'denied'],
    ['--yes runs no other by its tool', yes, { ...run, skill: 'x', tool: 'lyrik' }, 'denied'],
    ['--yes covers nothing else', yes, write, 'denied'],
    ['--yes of no skill covers nothing', { variant: 'SkillRun', option: '--yes' }, run, 'denied'],
    [
      '--yes of another variant covers nothing',
      { variant: 'WorkspaceWrite', pattern: '**', option: '--yes' },
      write,
      'denied',
    ],
    ['--allow covers its variant', parseAllowance('WorkspaceWrite'), write, 'permit'],
    ['--allow covers no other', parseAllowance('WorkspaceWrite'), remove, 'denied'],
    ['--allow covers its pattern', parseAllowance('WorkspaceDelete:src/**'), remove, 'permit'],
    ['--allow covers no other path', parseAllowance('WorkspaceDelete:doc/**'), remove, 'denied'],
    ['--allow runs an unsigned skill', parseAllowance('SkillRun:lyrik'), { ...run, trust: 'dev' }, 'permit'],
  ])('%s', async ([, allowance, action, kind]) => {
    const { gate } = testGate();
    expect(await askGate(gate, action, TEST_ASKER, { allowed: [allowance] })).toMatchObject({ kind });
  });

  it('is recorded as it was said', async () => {
    const { gate, log } = testGate();
    await askGate(gate, run, TEST_ASKER, { allowed: [yes] });
    await askGate(gate, write, TEST_ASKER, { allowed: [parseAllowance('WorkspaceWrite:src/**')] });
    expect(log.decisions).toMatchObject([
      { decider: 'option', rule: '--yes' },
      { decider: 'option', rule: '--allow WorkspaceWrite:src/**' },
    ]);
  });

  it.for(['*', 'Nothing', 'WorkspaceWrite:', 'WorkspaceWrite:../x', ''])('does not take --allow %j', (text) => {
    expect(() => parseAllowance(text)).toThrow(HostError);
  });
});

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

describe('the log', () => {
  it.for<readonly [Action, Choice]>([
    [write, 'once'],
    [remove, 'once'],
  ])('that cannot be written denies %j', async ([action, choice]) => {
    const told: unknown[] = [];
    const { gate, log } = testGate({
      approver: new ScriptedApprover(choice),
      onUnrecorded: (_, error) => told.push(error),
    });
    log.broken = new Error('disk full');
    expect(await askGate(gate, action)).toMatchObject({ kind: 'denied', decider: 'log' });
    expect(told).toEqual([log.broken]);
  });

  it('has the row before there is a permit', async () => {
    let write!: () => void;
    const written = new Promise<void>((resolve) => {
      write = resolve;
    });
    const { gate } = testGate({ log: { record: () => written } });
    let permitted = false;
    const asking = askGate(gate, read).then((answer) => {
      permitted = true;
      return answer;
    });
    await sleep(5);
    expect(permitted).toBe(false);
    write();
    expect(await asking).toMatchObject({ kind: 'permit' });
  });

  it('passes a bug on', async () => {
    const { gate, log } = testGate();
    log.broken = new TypeError('ours');
    await expect(askGate(gate, read)).rejects.toThrow('ours');
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it('before it began', async () => {
    const { gate, log } = testGate();
    await expect(gate.ask(read, TEST_ASKER, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(log.decisions).toEqual([]);
  });

  it('while a person is asked, who may answer after it', async () => {
    const stop = new AbortController();
    let answer!: (choice: Choice) => void;
    const approver: Approver = {
      ask: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    };
    const { gate, log, answers } = testGate({ approver });
    const asking = gate.ask(write, TEST_ASKER, {}, stop.signal);
    await sleep(1);
    stop.abort(reason);
    await expect(asking).rejects.toBe(reason);
    answer('always');
    await sleep(1);
    expect(log.decisions).toEqual([]);
    expect(answers.list(TEST_CLOCK.now())).toEqual([]);
  });

  it.for([read, write] as const)('while the row of %j is written, at whatever length', async (action) => {
    const stop = new AbortController();
    const told: unknown[] = [];
    const { gate } = testGate({
      approver: new ScriptedApprover('once'),
      log: { record: () => new Promise(() => undefined) },
      onUnrecorded: (decision) => told.push(decision),
    });
    const asking = gate.ask<ActionKind>(action, TEST_ASKER, {}, stop.signal);
    await sleep(1);
    stop.abort(reason);
    await expect(asking).rejects.toBe(reason);
    expect(told).toEqual([]);
  });

  it('while a person answers leaves no row', async () => {
    const stop = new AbortController();
    const approver: Approver = {
      ask: async () => {
        await Promise.resolve();
        queueMicrotask(() => stop.abort(reason));
        return 'always';
      },
    };
    const { gate, log } = testGate({ approver });
    await expect(gate.ask(write, TEST_ASKER, {}, stop.signal)).rejects.toBe(reason);
    expect(log.decisions).toEqual([]);
  });

  it('whose reason is an error of ours is an abort all the same', async () => {
    const stop = new AbortController();
    const { gate, log } = testGate({ approver: new Deferred() });
    const asking = gate.ask(write, TEST_ASKER, {}, stop.signal);
    await sleep(1);
    const ours = new HostError('io', 'the channel went away');
    stop.abort(ours);
    await expect(asking).rejects.toBe(ours);
    expect(log.decisions).toEqual([]);
  });

  it('while it waits for another question, and leaves the others in order', async () => {
    const stop = new AbortController();
    const asked = new Deferred();
    const { gate } = testGate({ approver: asked });
    const first = gate.ask(write, TEST_ASKER, {}, forever);
    const second = gate.ask({ ...write, path: 'b' }, TEST_ASKER, {}, stop.signal);
    const third = gate.ask({ ...write, path: 'c' }, TEST_ASKER, {}, forever);
    await sleep(1);
    stop.abort(reason);
    await expect(second).rejects.toBe(reason);
    expect(asked.open).toBe(1);
    asked.answer('once');
    expect(await first).toMatchObject({ kind: 'permit' });
    await sleep(1);
    asked.answer('once');
    expect(await third).toMatchObject({ kind: 'permit' });
  });
});

describe('questions', () => {
  it('are put one at a time to one person, and the next sees the answer of the first', async () => {
    const asked = new Deferred();
    const { gate, log } = testGate({ approver: asked });
    const all = Array.from({ length: 5 }, () => askGate(gate, write));
    await sleep(1);
    expect(asked.open).toBe(1);
    asked.answer('always');
    expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual(Array(5).fill('permit'));
    expect(asked.questions).toHaveLength(1);
    expect(log.decisions.map(({ decider }) => decider)).toEqual(['person', ...Array(4).fill('remembered')]);
  });

  it('that were the same share a no, and only those that waited', async () => {
    const asked = new Deferred();
    const { gate, log } = testGate({ approver: asked });
    const waiting = [askGate(gate, remove), askGate(gate, remove), askGate(gate, { ...remove, path: 'other' })];
    await sleep(1);
    asked.answer('no');
    await sleep(1);
    asked.answer('once');
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['denied', 'denied', 'permit']);
    expect(log.decisions).toHaveLength(3);
    const again = askGate(gate, remove);
    await sleep(1);
    asked.answer('once');
    expect(await again).toMatchObject({ kind: 'permit' });
  });

  it('that were the same do not share a yes that was for once', async () => {
    const asked = new Deferred();
    const { gate } = testGate({ approver: asked });
    const waiting = [askGate(gate, remove), askGate(gate, remove)];
    await sleep(1);
    asked.answer('once');
    await sleep(1);
    expect(asked.questions).toHaveLength(2);
    asked.answer('no');
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['permit', 'denied']);
  });

  it('with other arguments are other questions', async () => {
    const asked = new Deferred();
    const { gate } = testGate({ approver: asked });
    const waiting = [1, 2].map((text) => askGate(gate, write, TEST_ASKER, { args: { text } }));
    await sleep(1);
    asked.answer('no');
    await sleep(1);
    asked.answer('once');
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['denied', 'permit']);
  });

  it('to several people are put at once', async () => {
    const asked = new Deferred();
    const { gate } = testGate({ approver: asked });
    void askGate(gate, write);
    void askGate(gate, write, { ...TEST_ASKER, person: 'ben' });
    await sleep(1);
    expect(asked.open).toBe(2);
  });

  it('do not pile up without end', async () => {
    const asked = new Deferred();
    const { gate } = testGate({ approver: asked });
    const all = Array.from({ length: 70 }, (_, at) => askGate(gate, { ...write, path: `f${at}` }));
    const settledEarly = await Promise.all(all.slice(64));
    for (const answer of settledEarly)
      expect(answer).toMatchObject({ kind: 'denied', rule: 'too many questions wait already' });
    expect(settledEarly).toHaveLength(6);
    expect(asked.questions).toHaveLength(1);
  });
});

describe('a permit', () => {
  it('is for what was asked, whatever becomes of the object', async () => {
    const argv = ['rm', 'a'];
    const action = { kind: 'ShellExec' as const, argv };
    const asked = new Deferred();
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

/** Answers when it is told to, question by question. */
class Deferred implements Approver {
  readonly questions: Question[] = [];
  readonly #waiting: ((choice: Choice) => void)[] = [];

  get open(): number {
    return this.#waiting.length;
  }

  ask(question: Question): Promise<Choice> {
    this.questions.push(question);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  answer(choice: Choice): void {
    this.#waiting.shift()?.(choice);
  }
}
