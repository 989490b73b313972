import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import type { Action, Asker } from './action.ts';
import { allowanceOfYes, parseAllowance } from './allowance.ts';
import type { Allowance, Approver, Choice, Decision } from './gate-ports.ts';
import type { GatePorts } from './gate.ts';
import {
  ScriptedApprover,
  TEST_ACTIONS,
  TEST_ASKER,
  TEST_CLOCK,
  TEST_SKILL,
  askGate,
  testGate,
  testRules,
} from './testing.ts';

const { WorkspaceRead: read, WorkspaceWrite: write, WorkspaceDelete: remove, SkillRun: run } = TEST_ACTIONS;
const bySkill: Asker = { ...TEST_ASKER, skill: TEST_SKILL };

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
