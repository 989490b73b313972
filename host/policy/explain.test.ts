import { describe, expect, it } from 'vitest';
import { HostError } from '../base/error.ts';
import type { Action } from './action.ts';
import { parseAllowance } from './allowance.ts';
import { explain } from './explain.ts';
import { expectCode } from './fixtures/expect-code.ts';
import { MemoryAnswers } from './memory-answers.ts';
import { parseAction } from './parse-action.ts';
import type { RuleText } from './rule.ts';
import { rememberedIn, type StandingPorts } from './standing.ts';
import { askGate, ScriptedApprover, TEST_ACTIONS, TEST_ASKER, TEST_CLOCK, testGate, testRules } from './testing.ts';

const { WorkspaceWrite: write, WorkspaceDelete: remove, WorkspaceRead: read } = TEST_ACTIONS;

function ports(answers = new MemoryAnswers(), ...rules: readonly RuleText[]): StandingPorts {
  return { rules: () => testRules(...rules), remembered: rememberedIn([answers], () => TEST_CLOCK.now()) };
}

describe('it would be', () => {
  it('allowed by its tier', () => {
    expect(explain(read, TEST_ASKER, [], ports())).toEqual({
      tier: 1,
      because: 'reading the workspace',
      what: 'read "src/a.ts"',
      outcome: 'allowed',
      decider: 'tier',
      rule: 'tier1',
      choices: [],
      target: 'WorkspaceRead:src/a.ts',
    });
  });

  it('asked', () => {
    expect(explain(remove, TEST_ASKER, [], ports())).toMatchObject({
      tier: 3,
      outcome: 'asked',
      choices: ['once', 'no'],
    });
    expect(explain(write, TEST_ASKER, [], ports())).toMatchObject({
      outcome: 'asked',
      choices: ['once', 'session', 'always', 'never', 'no'],
    });
  });

  it('decided by a rule, which it names', () => {
    const rules = [
      { effect: 'allow', target: '*' },
      { effect: 'deny', target: 'WorkspaceDelete' },
    ] as const;
    expect(explain(remove, TEST_ASKER, [], ports(undefined, ...rules))).toMatchObject({
      outcome: 'denied',
      decider: 'rule',
      rule: 'deny WorkspaceDelete (permissions.yaml:2:1)',
      line: 2,
    });
  });

  it('decided by the command line', () => {
    expect(explain(remove, TEST_ASKER, [parseAllowance('WorkspaceDelete')], ports())).toMatchObject({
      outcome: 'allowed',
      rule: '--allow WorkspaceDelete',
    });
  });

  it('decided by an earlier answer, which stays', async () => {
    const { gate, answers } = testGate({ approver: new ScriptedApprover('never') });
    await askGate(gate, write);
    expect(explain(write, TEST_ASKER, [], ports(answers))).toMatchObject({ outcome: 'denied', decider: 'remembered' });
    expect(answers.list(TEST_CLOCK.now())).toHaveLength(1);
  });

  it('denied because the rule file is wrong', () => {
    const broken = (): never => {
      throw new HostError('policy-invalid', 'permissions.yaml:3:5: wrong');
    };
    expect(explain(read, TEST_ASKER, [], { ...ports(), rules: broken })).toMatchObject({
      outcome: 'denied',
      rule: 'rules unreadable: permissions.yaml:3:5: wrong',
    });
  });

  it('denied because it is not clear what it is', () => {
    const explained = explain({ ...write, path: '../x' }, TEST_ASKER, [], ports());
    expect(explained).toMatchObject({ outcome: 'denied', rule: 'built in: the path is not canonical' });
    expect(explained.target).toBeUndefined();
  });
});

describe('an action as a text', () => {
  it.for<readonly [string, Partial<Action>]>([
    ['SkillRun:lyrik', { kind: 'SkillRun', skill: 'lyrik', tool: 'lyrik', trust: 'self-signed' }],
    ['SkillRun:lyrik/scan', { kind: 'SkillRun', skill: 'lyrik', tool: 'scan' }],
    ['WorkspaceWrite:src/a.ts', { kind: 'WorkspaceWrite', path: 'src/a.ts', granted: false }],
    ['NetworkRequest:api.example.com', { kind: 'NetworkRequest', url: 'https://api.example.com/' }],
    ['NetworkRequest:http://x.com/y', { kind: 'NetworkRequest', url: 'http://x.com/y' }],
    ["ShellExec:git commit -m 'a b'", { kind: 'ShellExec', argv: ['git', 'commit', '-m', 'a b'] }],
    ['McpToolCall:github/push', { kind: 'McpToolCall', server: 'github', tool: 'push', readOnly: false }],
    ['MessageSend:telegram/c1', { kind: 'MessageSend', channel: 'telegram', conversation: 'c1' }],
    ['SkillInstall:lyrik', { kind: 'SkillInstall', name: 'lyrik' }],
    ['MemoryRead:a:b', { kind: 'MemoryRead', key: 'a:b' }],
  ])('%j', ([text, action]) => {
    expect(parseAction(text)).toMatchObject(action);
  });

  it.for([
    '',
    'Nothing:x',
    'constructor:x',
    'WorkspaceWrite',
    'WorkspaceWrite:',
    'ShellExec:git log *',
    'ShellExec:a;b',
    'McpToolCall:x',
  ])('is never %j', (text) => {
    expectCode(() => parseAction(text), 'usage');
  });

  it('stands for the case that asks most', () => {
    for (const [kind, action] of Object.entries(TEST_ACTIONS)) {
      const explained = explain(action, TEST_ASKER, [], ports());
      if (explained.target === undefined || kind === 'NetworkRequest') continue;
      expect(explain(parseAction(explained.target), TEST_ASKER, [], ports()).tier).toBe(explained.tier);
    }
  });
});
