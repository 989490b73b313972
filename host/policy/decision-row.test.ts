import { expect, it } from 'vitest';
import { canonicalJson, type Json } from '../base/jcs.ts';
import type { Action } from './action.ts';
import { decisionRow, subjectText } from './decision-row.ts';
import type { Decision } from './gate-ports.ts';
import { ACTION_KINDS } from './table.ts';
import { TEST_ACTIONS, TEST_ASKER, TEST_SKILL } from './testing.ts';

function decision(action: Action, more: Partial<Decision> = {}): Decision {
  return {
    action,
    tier: 2,
    asker: TEST_ASKER,
    decision: 'allowed',
    decider: 'person',
    rule: 'answered once',
    remembered: false,
    ...more,
  };
}

it('says who decided what, and nothing of the arguments in the clear', () => {
  const asker = { ...TEST_ASKER, skill: TEST_SKILL, tool: 'scan' };
  expect(decisionRow(decision(TEST_ACTIONS.WorkspaceWrite, { asker, choice: 'once' }))).toEqual({
    session: 'cli-test',
    actor: 'gateway.permissions',
    action: 'permission.decision',
    channel: 'cli',
    detail: {
      action_variant: 'WorkspaceWrite',
      tier: 'tier2',
      decision: 'allowed',
      decider: 'person',
      remembered: false,
      rule: 'answered once',
      subject: 'src/a.ts',
      agent: 'main',
      person: 'anna',
      choice: 'once',
      skill: 'lyrik',
      skill_digest: TEST_SKILL.digest,
      tool: 'scan',
    },
  });
});

it.for<readonly [Action, string, Json]>([
  [{ kind: 'ShellExec', argv: ['curl', '-H', 'token: s3cret'] }, 'curl', ['curl', '-H', 'token: s3cret']],
  [
    { kind: 'NetworkRequest', method: 'GET', url: 'https://api.example.com/?key=s3cret' },
    'api.example.com:443',
    { method: 'GET', url: 'https://api.example.com/?key=s3cret' },
  ],
  [{ kind: 'WebSearch', query: 's3cret' }, '', 's3cret'],
  [{ kind: 'ScheduleCreate', schedule: '0 7 * * *', task: 's3cret' }, '0 7 * * *', 's3cret'],
])('keeps what may be secret where it can be removed: %j', ([action, subject, request]) => {
  const row = decisionRow(decision(action));
  expect(row.detail['subject']).toBe(subject);
  expect(JSON.stringify(row.detail)).not.toContain('s3cret');
  expect(row.redactable).toEqual({ request });
});

it.for(ACTION_KINDS)('has a form in the log for %s, whatever the texts are', (kind) => {
  const texts = Object.entries(TEST_ACTIONS[kind]).map(([key, value]) => {
    if (key === 'kind' || typeof value === 'boolean' || key === 'asks' || key === 'trust') return [key, value];
    return [key, Array.isArray(value) ? ['\ud800'] : `\ud800${'x'.repeat(9000)}`];
  });
  const row = decisionRow(decision(Object.fromEntries(texts), { rule: '\udfff' }));
  expect(() => canonicalJson(row.detail)).not.toThrow();
  expect(() => canonicalJson(row.redactable ?? {})).not.toThrow();
  expect(subjectText(Object.fromEntries(texts)).length).toBeLessThan(4200);
});
