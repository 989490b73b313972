import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseRules } from '../host/consent/parse-rules.ts';
import { ACTION_KINDS } from '../host/policy/table.ts';
import { CASES, permissionLines, withTable } from './permission-table.ts';

const page = readFileSync(new URL('../docs/permissions.md', import.meta.url), 'utf8');

it('keeps the table of docs/permissions.md as the gate decides (npm run build:docs)', async () => {
  expect(page).toBe(await withTable(page));
});

it('has every variant, in each of its tiers, on each channel', async () => {
  const lines = await permissionLines();
  expect(new Set(CASES.map(({ kind }) => kind))).toEqual(new Set(ACTION_KINDS));
  expect(lines).toHaveLength(CASES.length * 4);
  expect(lines.every(({ cells }) => cells.length === 8)).toBe(true);
});

it('allows nothing of tier 2 or 3 unless somebody said yes, and asks nobody in tier 1', async () => {
  for (const { tier, channel, opened, cells } of await permissionLines()) {
    const [nobody, away, late, once, session, always, never, no] = cells;
    const closed = tier === 3 && channel === 'telegram' && !opened;
    for (const cell of [nobody, away, late, no]) expect(cell?.allowed).toBe(tier === 1);
    expect(once?.allowed).toBe(!closed);
    for (const cell of [session, always]) expect(cell).toMatchObject({ allowed: tier < 3, remembered: tier === 2 });
    expect(never).toMatchObject({ allowed: tier === 1, remembered: tier === 2 });
    expect(cells.slice(1).every(({ asked }) => asked === (tier > 1 && !closed))).toBe(true);
  }
});

it('shows rule files that are good', () => {
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  expect(examples.length).toBeGreaterThan(0);
  for (const text of examples) expect(parseRules(text, 'permissions.yaml').length).toBeGreaterThan(0);
});

it('names every variant with its pattern', () => {
  for (const kind of ACTION_KINDS) expect(page).toMatch(new RegExp(`^\\| .*\`${kind}\``, 'm'));
});
