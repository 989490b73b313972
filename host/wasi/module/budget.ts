import type { Size } from './size.ts';

/** One declared memory (or table), and how many of it there will be. */
export interface Wanted extends Size {
  readonly instances: number;
}

/**
 * The maximum that each memory gets so that all of them together, fully grown, stay within `limit`. Everybody's initial size is set
 * aside first; what remains is shared evenly among those that want to grow, and what one does not want goes to the others.
 * `undefined` if the initial sizes alone are too much. Sizes and `limit` share one unit; results stand in the order of `wanted`.
 */
export function shareBudget(wanted: readonly Wanted[], limit: number): readonly number[] | undefined {
  let remains = limit - wanted.reduce((sum, one) => sum + one.initial * one.instances, 0);
  if (remains < 0) return undefined;
  const growth = (one: Wanted): number => (one.maximum ?? Number.MAX_SAFE_INTEGER) - one.initial;
  const modestFirst = wanted.map((_, index) => index).sort((a, b) => compareGrowth(wanted[a], wanted[b], growth));
  let sharers = wanted.reduce((sum, one) => sum + one.instances, 0);
  const maximums = wanted.map((one) => one.initial);
  for (const index of modestFirst) {
    const one = wanted[index];
    if (one === undefined || one.instances === 0) continue;
    const granted = Math.min(growth(one), Math.floor(remains / sharers));
    maximums[index] = one.initial + granted;
    remains -= granted * one.instances;
    sharers -= one.instances;
  }
  return maximums;
}

function compareGrowth(a: Wanted | undefined, b: Wanted | undefined, growth: (one: Wanted) => number): number {
  return a === undefined || b === undefined ? 0 : growth(a) - growth(b);
}
