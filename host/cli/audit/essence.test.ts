import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shown } from '../../base/shown.ts';
import { storyEntry } from '../session-view/story-entry.ts';
import { PLAIN, styleOf } from '../terminal/style.ts';
import { DetailView } from './detail-view.ts';
import { essenceOf, knownActions } from './essence.ts';

const HOSTILE = 'a\nwirken: allowed\u001b[2J\u202egnp.exe\u0007';
const MEMBERS = (
  'command person code skill version digest publisher trust tool outcome limit action_variant subject tier decider decision rule change ' +
  'what reason pointer rows failed first_seq last_seq key call choice skill_digest journal fences wall_ms permissions granted limits memory_bytes exit_code'
).split(' ');

describe('a row on a line', () => {
  it.for(knownActions().map((action) => [action]))(
    '%s says something of any detail, and nothing that acts',
    ([action = '']) => {
      const members = fc.dictionary(fc.constantFrom(...MEMBERS), fc.jsonValue());
      fc.assert(
        fc.property(members, (detail) => {
          const line = essenceOf(action, new DetailView(detail), PLAIN);
          expect(shown(line, Infinity)).toBe(line);
        }),
        { numRuns: 40 },
      );
    },
  );

  it.for(knownActions().map((action) => [action]))(
    '%s shows hostile members escaped, in both views',
    ([action = '']) => {
      for (const value of [HOSTILE, [HOSTILE], { [HOSTILE]: [HOSTILE] }]) {
        const detail = new DetailView(Object.fromEntries(MEMBERS.map((member) => [member, value])));
        const entry = storyEntry(action, detail, PLAIN);
        const texts = [
          essenceOf(action, detail, PLAIN),
          ...(entry === undefined ? [] : [entry.label, entry.title, ...entry.facts.flat()]),
        ];
        for (const text of texts) expect(shown(text, Infinity)).toBe(text);
      }
    },
  );

  it('shows what a newer wirken has written', () => {
    expect(essenceOf('moon.landed', new DetailView({ crew: 3, name: HOSTILE, hidden: { $c: 'ab' } }), PLAIN)).toBe(
      `crew=3 name=${shown(HOSTILE)}`,
    );
    expect(storyEntry('moon.landed', new DetailView({ crew: 3 }), PLAIN)).toMatchObject({
      title: 'moon.landed crew=3',
    });
  });

  it.for([[null], ['text'], [[]], [undefined], [3]])('does without a detail: %j', ([detail]) => {
    expect(essenceOf('skill.call', new DetailView(detail), PLAIN)).toBe('? ?, ?, ?');
  });

  it('colours decisions on a terminal alone', () => {
    const detail = new DetailView({ decision: 'denied', action_variant: 'ShellExec', subject: 'rm' });
    expect(essenceOf('permission.decision', detail, styleOf(true))).toContain('\u001b[31mdenied');
    expect(essenceOf('permission.decision', detail, PLAIN)).toMatch(/^denied ShellExec rm/);
  });
});
