import { expect, it } from 'vitest';
import { interleave, median } from './measure.ts';
import { allReached, isReached, type Outcome, ratioOf, type Row, tableJson, tableText, type Target } from './table.ts';

function row(unit: Row['unit'], value: number, peerValue: number, target?: Target): Row {
  return {
    name: 'a-row',
    what: 'what is measured',
    unit,
    value,
    comparisons: [{ peer: 'the peer', peerValue, ...(target === undefined ? {} : { target }) }],
  };
}

const atMost = (value: number): Target => ({ kind: 'at-most', value });
const atLeast = (value: number): Target => ({ kind: 'at-least', value });

it.for<readonly [string, Row, number, boolean | undefined]>([
  ['a time just at its limit', row('ms', 150, 100, atMost(1.5)), 1.5, true],
  ['a time above its limit', row('µs', 151, 100, atMost(1.5)), 1.51, false],
  ['a time that must be smaller, and is', row('µs', 10, 13, atLeast(1.3)), 1.3, true],
  ['a time that must be smaller, and is not enough', row('µs', 10, 12, atLeast(1.3)), 1.2, false],
  ['a rate that must be higher, and is', row('calls/s', 4000, 4000, atLeast(1)), 1, true],
  ['a rate that must be higher, and is not', row('calls/s', 3000, 4000, atLeast(1)), 0.75, false],
  ['memory below its limit', row('MiB', 70, 140, atMost(1)), 0.5, true],
  ['what is only stated', row('ms', 500, 100), 5, undefined],
])('judges %s', ([, measured, ratio, reached]) => {
  const [comparison] = measured.comparisons;
  if (comparison === undefined) throw new TypeError('a row has a comparison');
  expect(ratioOf(measured, comparison)).toBeCloseTo(ratio);
  expect(isReached(measured, comparison)).toBe(reached);
});

it('fails as a whole by one miss, and not by what was not measured or has no target', () => {
  const good = row('ms', 1, 1, atMost(1));
  const stated = row('ms', 9, 1);
  const unmeasured: Outcome = { name: 'b', what: 'b', notMeasured: 'no cc' };
  expect(allReached([good, stated, unmeasured])).toBe(true);
  expect(allReached([good, stated, unmeasured, row('ms', 2, 1, atMost(1))])).toBe(false);
  const second = { ...good, comparisons: [...good.comparisons, ...row('ms', 1, 1, atLeast(2)).comparisons] };
  expect(allReached([second])).toBe(false);
});

it('prints a line for each comparison, the notes beneath', () => {
  const text = tableText([
    { ...row('µs', 236.04, 118.02, atMost(1)), notes: ['said apart'] },
    { name: 'b', what: 'another', notMeasured: 'no cc' },
  ]);
  expect(text).toContain('what is measured');
  expect(text).toMatch(/236\.0 µs +the peer +118\.0 µs +2\.00 × +≤ 1 × +MISSED/);
  expect(text).toMatch(/^another +not measured: no cc$/m);
  expect(text).toMatch(/^a-row: said apart$/m);
});

it('gives a program the ratios and what they mean', () => {
  expect(tableJson([row('ms', 30, 20, atMost(1.5)), { name: 'b', what: 'b', notMeasured: 'no cc' }])).toEqual({
    reached: true,
    rows: [
      {
        name: 'a-row',
        what: 'what is measured',
        unit: 'ms',
        value: 30,
        comparisons: [
          { peer: 'the peer', peerValue: 20, target: { kind: 'at-most', value: 1.5 }, ratio: 1.5, reached: true },
        ],
      },
      { name: 'b', what: 'b', notMeasured: 'no cc' },
    ],
  });
});

it.for<readonly [readonly number[], number]>([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])('finds the median of %s', ([samples, middle]) => {
  expect(median(samples)).toBe(middle);
});

it('has no median of nothing', () => {
  expect(() => median([])).toThrow(TypeError);
});

it('takes turns, forwards and backwards, and throws the first rounds away', async () => {
  const order: string[] = [];
  const side = (name: string) => ({ name, once: () => order.push(name) });
  const samples = await interleave([side('a'), side('b')], { rounds: 2, warmUp: 1 });
  expect(order.join('')).toBe('baabba');
  expect(samples.get('a')).toEqual([3, 6]);
});
