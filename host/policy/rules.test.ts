import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action, Asker } from './action.ts';
import { anyAction, anyAsker, anyRule, anyRules, ruleAbout } from './fixtures/arbitraries.ts';
import { expectCode } from './fixtures/expect-code.ts';
import { covers } from './pattern.ts';
import { concerns, parseRule, parseTarget, type RuleText } from './rule.ts';
import { NO_RULES, type RuleSet } from './rules.ts';
import { subjectOf } from './subject.ts';
import { TEST_ACTIONS, TEST_ASKER, TEST_SKILL, testRules } from './testing.ts';

const write: Action = TEST_ACTIONS.WorkspaceWrite;
const bySkill: Asker = { ...TEST_ASKER, skill: TEST_SKILL };
const byDev: Asker = { ...TEST_ASKER, skill: { ...TEST_SKILL, trust: 'dev' } };
const allow = (target: string, more: Partial<RuleText> = {}): RuleText => ({ effect: 'allow', target, ...more });
const deny = (target: string, more: Partial<RuleText> = {}): RuleText => ({ effect: 'deny', target, ...more });

function decided(rules: RuleSet, action: Action, asker: Asker): string | undefined {
  const subject = subjectOf(action);
  return subject.kind === 'malformed' ? undefined : rules.decide(action, subject, asker)?.text;
}

describe('the deciding rule', () => {
  it.for<readonly [string, readonly RuleText[], Action, Asker, string | undefined]>([
    ['is none without rules', [], write, TEST_ASKER, undefined],
    ['is one for the variant', [allow('WorkspaceWrite')], write, TEST_ASKER, 'allow WorkspaceWrite'],
    ['is not one for another', [allow('WorkspaceRead')], write, TEST_ASKER, undefined],
    ['is one for every variant', [deny('*')], write, TEST_ASKER, 'deny *'],
    [
      'is one whose pattern covers it',
      [allow('WorkspaceWrite:src/**')],
      write,
      TEST_ASKER,
      'allow WorkspaceWrite:src/**',
    ],
    ['is not one whose pattern does not', [allow('WorkspaceWrite:doc/**')], write, TEST_ASKER, undefined],
    [
      'denies before it allows',
      [allow('*'), deny('WorkspaceWrite:src/**')],
      write,
      TEST_ASKER,
      'deny WorkspaceWrite:src/**',
    ],
    [
      'is the first of its effect',
      [allow('WorkspaceWrite:**'), allow('WorkspaceWrite:src/a.ts')],
      write,
      TEST_ASKER,
      'allow WorkspaceWrite:**',
    ],
    [
      'is the first, the other way round',
      [allow('WorkspaceWrite:src/a.ts'), allow('WorkspaceWrite:**')],
      write,
      TEST_ASKER,
      'allow WorkspaceWrite:src/a.ts',
    ],
    ['is for its channel', [allow('*', { channel: 'cli' })], write, TEST_ASKER, 'allow * (channel cli)'],
    ['is not for another channel', [allow('*', { channel: 'telegram' })], write, TEST_ASKER, undefined],
    ['is for its agent', [allow('*', { agent: 'ma*' })], write, TEST_ASKER, 'allow * (agent ma*)'],
    ['is not for another agent', [deny('*', { agent: 'x' })], write, TEST_ASKER, undefined],
    ['is for its person', [deny('*', { person: 'anna' })], write, TEST_ASKER, 'deny * (person anna)'],
    ['is not for another person', [deny('*', { person: 'ann' })], write, TEST_ASKER, undefined],
    ['is for its skill', [allow('*', { skill: 'lyrik' })], write, bySkill, 'allow * (skill lyrik)'],
    ['is not for no skill', [allow('*', { skill: '*' })], write, TEST_ASKER, undefined],
    [
      'denies a skill that a person runs',
      [deny('*', { skill: 'lyrik' })],
      TEST_ACTIONS.SkillRun,
      TEST_ASKER,
      'deny * (skill lyrik)',
    ],
    [
      'allows a skill that a person runs',
      [allow('SkillRun', { skill: 'lyrik' })],
      TEST_ACTIONS.SkillRun,
      TEST_ASKER,
      'allow SkillRun (skill lyrik)',
    ],
    [
      'does not let a named skill run others',
      [allow('*', { skill: 'lyrik' })],
      { ...TEST_ACTIONS.SkillRun, skill: 'evil' },
      bySkill,
      undefined,
    ],
    [
      'forbids a named skill to run others',
      [deny('SkillRun', { skill: 'lyrik' })],
      { ...TEST_ACTIONS.SkillRun, skill: 'other' },
      bySkill,
      'deny SkillRun (skill lyrik)',
    ],
    ['trusts no unsigned skill by its name', [allow('*', { skill: 'lyrik' })], write, byDev, undefined],
    [
      'runs no unsigned skill by its name',
      [allow('SkillRun:lyrik')],
      { ...TEST_ACTIONS.SkillRun, trust: 'dev' },
      TEST_ASKER,
      undefined,
    ],
    [
      'denies an unsigned skill by its name',
      [deny('SkillRun:lyrik')],
      { ...TEST_ACTIONS.SkillRun, trust: 'dev' },
      TEST_ASKER,
      'deny SkillRun:lyrik',
    ],
  ])('%s', ([, rules, action, asker, text]) => {
    expect(decided(testRules(...rules), action, asker)?.replace(/ \(permissions\.yaml.*/, '')).toBe(text);
  });

  it('says where it stands', () => {
    const rules = testRules(allow('*'), deny('WorkspaceWrite:src/**', { skill: 'lyrik' }));
    expect(decided(rules, write, bySkill)).toBe('deny WorkspaceWrite:src/** (skill lyrik) (permissions.yaml:2:1)');
    expect(decided(NO_RULES, write, bySkill)).toBeUndefined();
  });
});

describe('rules', () => {
  it.for<readonly [string, RuleText]>([
    ['an unknown variant', allow('Write')],
    ['an inherited name', allow('constructor')],
    ['a small variant', allow('workspacewrite')],
    ['no variant', allow('')],
    ['a pattern for every variant', allow('*:src/**')],
    ['an empty pattern', allow('WorkspaceWrite:')],
    ['a wrong pattern', allow('WorkspaceWrite:../x')],
    ['an empty condition', allow('*', { skill: '' })],
    ['a condition that cannot be seen', allow('*', { person: 'an\u200bna' })],
    ['a condition that goes on and on', allow('*', { channel: 'x'.repeat(300) })],
  ])('do not take %s', ([, rule]) => {
    expect(expectCode(() => parseRule(rule), 'policy-invalid').details.remedy).toBeTruthy();
  });

  it('keep the rest of a target behind the first colon', () => {
    expect(parseTarget('NetworkRequest:example.com:443')).toMatchObject({ pattern: { text: 'example.com:443' } });
    expect(parseTarget('MemoryRead:a:b')).toMatchObject({ pattern: { text: 'a:b' } });
  });

  it('decide as if each were looked at in turn', () => {
    fc.assert(
      fc.property(anyRules, anyAction, anyAsker, (texts, action, asker) => {
        const rules = testRules(...texts);
        const subject = subjectOf(action);
        if (subject.kind === 'malformed') return;
        const fitting = rules.rules.filter(
          (rule) =>
            (rule.variant === '*' || rule.variant === action.kind) &&
            (rule.pattern === undefined || covers(rule.pattern, subject, rule.effect)) &&
            concerns(rule, action, asker),
        );
        const expected = fitting.find(({ effect }) => effect === 'deny') ?? fitting[0];
        expect(rules.decide(action, subject, asker)?.rule).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it('never widen by a denial more, wherever it stands', () => {
    fc.assert(
      fc.property(
        anyRules,
        anyRule,
        fc.nat(),
        anyAction,
        anyAsker,
        fc.boolean(),
        (texts, more, at, action, asker, about) => {
          const denial = about ? ruleAbout('deny', action) : { ...more, effect: 'deny' as const };
          const before = effectOf(texts, action, asker);
          const after = effectOf(texts.toSpliced(at % (texts.length + 1), 0, denial), action, asker);
          expect(RANK[after]).toBeLessThanOrEqual(RANK[before]);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('never narrow by a permission more, wherever it stands', () => {
    fc.assert(
      fc.property(
        anyRules,
        anyRule,
        fc.nat(),
        anyAction,
        anyAsker,
        fc.boolean(),
        (texts, more, at, action, asker, about) => {
          const permission = about ? ruleAbout('allow', action) : { ...more, effect: 'allow' as const };
          const before = effectOf(texts, action, asker);
          const after = effectOf(texts.toSpliced(at % (texts.length + 1), 0, permission), action, asker);
          expect(RANK[after]).toBeGreaterThanOrEqual(RANK[before]);
          if (before === 'deny') expect(after).toBe('deny');
        },
      ),
      { numRuns: 3000 },
    );
  });
});

const RANK = { deny: 0, none: 1, allow: 2 } as const;

function effectOf(texts: readonly RuleText[], action: Action, asker: Asker): keyof typeof RANK {
  const subject = subjectOf(action);
  if (subject.kind === 'malformed') return 'deny';
  return testRules(...texts).decide(action, subject, asker)?.effect ?? 'none';
}
