import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Action, Asker } from './action.ts';
import { anyAction, anyAsker, anyRule, anyRules, ruleAbout } from './fixtures/arbitraries.ts';
import type { Choice } from './gate-ports.ts';
import type { RuleText } from './rule.ts';
import { askGate, ScriptedApprover, testGate, testRules } from './testing.ts';

const anyChoice: fc.Arbitrary<Choice | 'unavailable'> = fc.constantFrom(
  'once',
  'session',
  'always',
  'never',
  'no',
  'unavailable',
);

async function isAllowed(
  rules: readonly RuleText[],
  action: Action,
  asker: Asker,
  answer: Choice | 'unavailable',
): Promise<boolean> {
  const { gate } = testGate({ rules: () => testRules(...rules), approver: new ScriptedApprover(answer) });
  return (await askGate(gate, action, asker)).kind === 'permit';
}

it('a denial more never allows anything, whatever is answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rules: anyRules,
        more: anyRule,
        action: anyAction,
        asker: anyAsker,
        answer: anyChoice,
        about: fc.boolean(),
      }),
      async ({ rules, more, action, asker, answer, about }) => {
        const denial = about ? ruleAbout('deny', action) : { ...more, effect: 'deny' as const };
        const before = await isAllowed(rules, action, asker, answer);
        const after = await isAllowed([...rules, denial], action, asker, answer);
        if (!before) expect(after).toBe(false);
      },
    ),
    { numRuns: 1000 },
  );
});

it('a permission more never denies anything, whatever is answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rules: anyRules,
        more: anyRule,
        action: anyAction,
        asker: anyAsker,
        answer: anyChoice,
        about: fc.boolean(),
      }),
      async ({ rules, more, action, asker, answer, about }) => {
        const permission = about ? ruleAbout('allow', action) : { ...more, effect: 'allow' as const };
        const before = await isAllowed(rules, action, asker, answer);
        const after = await isAllowed([...rules, permission], action, asker, answer);
        if (before) expect(after).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});

it('without a person nothing of tier 2 or 3 is allowed, unless a rule, an option or an earlier answer says so', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rules: anyRules,
        first: anyAction,
        second: anyAction,
        asker: anyAsker,
        other: anyAsker,
        answer: anyChoice,
      }),
      async ({ rules, first, second, asker, other, answer }) => {
        let away = false;
        const scripted = new ScriptedApprover(answer);
        const { gate, log } = testGate({
          rules: () => testRules(...rules),
          approver: { ask: async (question) => (away ? 'unavailable' : await scripted.ask(question)) },
        });
        await askGate(gate, first, asker);
        away = true;
        const answered = await askGate(gate, second, other);
        const decision = log.decisions.at(-1);
        expect(log.decisions).toHaveLength(2);
        expect(answered.kind === 'permit').toBe(decision?.decision === 'allowed');
        if (decision?.decision !== 'allowed' || decision.tier === 1) return;
        expect(['rule', 'remembered']).toContain(decision.decider);
        if (decision.decider !== 'remembered') return;
        // Then it is the same request of the same code for the same person.
        const same = ({ agent, channel, person, skill }: Asker): unknown => [
          agent,
          channel,
          person,
          skill?.digest,
          skill?.publisher,
        ];
        expect(same(other)).toEqual(same(asker));
        expect(second.kind).toBe(first.kind);
        expect(['session', 'always']).toContain(answer);
        if (answer === 'session') expect(other.session).toBe(asker.session);
        if (first.kind === 'SkillRun' && second.kind === 'SkillRun') expect(second.digest).toBe(first.digest);
      },
    ),
    { numRuns: 3000 },
  );
});

it('new code never inherits an answer', async () => {
  await fc.assert(
    fc.asyncProperty(anyAction, anyAsker, anyChoice, async (action, asker, answer) => {
      const scripted = new ScriptedApprover(answer, 'unavailable');
      const { gate, log } = testGate({ approver: scripted });
      const digestOf = (letter: string): string => letter.repeat(64);
      const codeOf = (letter: string): [Action, Asker] => [
        action.kind === 'SkillRun' ? { ...action, digest: digestOf(letter) } : action,
        asker.skill === undefined ? asker : { ...asker, skill: { ...asker.skill, digest: digestOf(letter) } },
      ];
      if (action.kind !== 'SkillRun' && asker.skill === undefined) return;
      await askGate(gate, ...codeOf('1'));
      await askGate(gate, ...codeOf('2'));
      expect(log.decisions[1]?.decider).not.toBe('remembered');
    }),
    { numRuns: 1000 },
  );
});

it('every answer has one row before it, which says the same', async () => {
  await fc.assert(
    fc.asyncProperty(anyRules, anyAction, anyAsker, anyChoice, async (rules, action, asker, answer) => {
      const { gate, log } = testGate({ rules: () => testRules(...rules), approver: new ScriptedApprover(answer) });
      const answered = await askGate(gate, action, asker);
      expect(log.decisions).toHaveLength(1);
      const [decision] = log.decisions;
      expect(decision).toMatchObject({ action, asker, decision: answered.kind === 'permit' ? 'allowed' : 'denied' });
      if (answered.kind === 'denied') {
        expect(answered).toMatchObject({ tier: decision?.tier, decider: decision?.decider, rule: decision?.rule });
        expect(answered.message).not.toBe('');
        expect(answered.remedy).not.toBe('');
      } else expect(answered.action).toEqual(action);
    }),
    { numRuns: 1000 },
  );
});
