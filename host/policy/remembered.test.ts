import { describe, expect, it } from 'vitest';
import type { Action, Asker } from './action.ts';
import { answer, BINDING, itKeepsAnswers, NOW_MS } from './fixtures/answers.ts';
import { MemoryAnswers } from './memory-answers.ts';
import { type Binding, bindingOf, holds, sameBinding } from './remembered.ts';
import { subjectOf } from './subject.ts';
import { TEST_ACTIONS, TEST_ASKER, TEST_SKILL } from './testing.ts';

describe('answers in memory', () => {
  itKeepsAnswers(() => new MemoryAnswers());

  it('serve their session alone', () => {
    const store = new MemoryAnswers();
    const added = store.add(answer({ effect: 'session' }));
    expect(store.find(BINDING, NOW_MS)).toEqual([added]);
    expect(store.find({ ...BINDING, session: 's2' }, NOW_MS)).toEqual([]);
    const { session: _, ...timeless } = BINDING;
    expect(store.find(timeless, NOW_MS)).toEqual([]);
    store.forgetSession('s1');
    expect(store.find(BINDING, NOW_MS)).toEqual([]);
  });

  it('serve no session that they do not name', () => {
    const store = new MemoryAnswers();
    const { session: _, ...unnamed } = answer({ effect: 'session' });
    store.add(unnamed);
    expect(store.find(BINDING, NOW_MS)).toEqual([]);
  });

  it('are limited: the oldest go', () => {
    const store = new MemoryAnswers();
    for (let at = 0; at < 10_001; at++) store.add(answer({ pattern: `p${at}` }));
    expect(store.list(NOW_MS)).toHaveLength(10_000);
    expect(store.find({ ...BINDING, pattern: 'p0' }, NOW_MS)).toEqual([]);
    expect(store.find({ ...BINDING, pattern: 'p10000' }, NOW_MS)).toHaveLength(1);
  });
});

describe('an answer is bound', () => {
  const bind = (action: Action, asker: Asker) => {
    const subject = subjectOf(action);
    return subject.kind === 'malformed' ? undefined : bindingOf(action, subject, asker);
  };
  const bySkill: Asker = { ...TEST_ASKER, skill: TEST_SKILL };

  it('to everything that was part of the question', () => {
    expect(bind(TEST_ACTIONS.WorkspaceWrite, bySkill)).toEqual({
      variant: 'WorkspaceWrite',
      pattern: 'src/a.ts',
      digest: TEST_SKILL.digest,
      publisher: TEST_SKILL.publisher,
      agent: 'main',
      channel: 'cli',
      person: 'anna',
      session: 'cli-test',
    });
  });

  it('to the code that would run', () => {
    expect(bind(TEST_ACTIONS.SkillRun, TEST_ASKER)?.digest).toBe(TEST_SKILL.digest);
    expect(bind({ ...TEST_ACTIONS.SkillRun, digest: 'c' }, TEST_ASKER)?.digest).toBe('c');
  });

  it.for<readonly [string, Action, Asker]>([
    ['an unsigned skill asks', TEST_ACTIONS.WorkspaceWrite, { ...bySkill, skill: { ...TEST_SKILL, trust: 'dev' } }],
    ['an unsigned skill would run', { ...TEST_ACTIONS.SkillRun, trust: 'dev' }, TEST_ASKER],
    ['one skill would run another', { ...TEST_ACTIONS.SkillRun, digest: 'c' }, bySkill],
    ['no pattern covers it alone', { ...TEST_ACTIONS.WorkspaceWrite, path: 'a*' }, TEST_ASKER],
  ])('to nothing if %s', ([, action, asker]) => {
    expect(bind(action, asker)).toBeUndefined();
  });
});

it.for<readonly [string, Partial<Binding>]>([
  ['variant', { variant: 'MemoryRead' }],
  ['pattern', { pattern: 'src/**' }],
  ['digest', { digest: 'c' }],
  ['publisher', { publisher: 'c' }],
  ['agent', { agent: 'c' }],
  ['channel', { channel: 'c' }],
  ['person', { person: 'c' }],
])('serves no other %s, whatever a store finds', ([, other]) => {
  const given = { ...answer(), id: 'x' };
  expect(sameBinding(given, BINDING)).toBe(true);
  expect(sameBinding(given, { ...BINDING, ...other })).toBe(false);
});

it('never holds outside its time', () => {
  const given = { ...answer(), id: 'x' };
  expect(holds(given, NOW_MS - 1)).toBe(false);
  expect(holds(given, NOW_MS)).toBe(true);
  expect(holds(given, given.expiresMs)).toBe(false);
  expect(holds({ ...given, expiresMs: Number.NaN }, NOW_MS)).toBe(false);
  expect(holds({ ...given, expiresMs: Number.POSITIVE_INFINITY }, NOW_MS)).toBe(false);
  expect(holds(given, Number.NaN)).toBe(false);
});
