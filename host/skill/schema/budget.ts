import type { Json } from '../../base/jcs.ts';

/** Work that one validation may do; roughly a second at the worst. */
export const MAX_STEPS = 5_000_000;
/** How deep a value, and a walk through a schema, may nest. */
export const MAX_DEPTH = 128;

/** Ends a validation that costs more than any honest schema and value. Caught where the validation began. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

/** The steps of one validation, counted down. */
export class Budget {
  #left = MAX_STEPS;

  /** @throws BudgetSpent */
  readonly spend = (steps: number): void => {
    this.#left -= steps;
    if (this.#left < 0) throw new BudgetSpent('takes more work to check than is allowed');
  };

  /**
   * A text that two values share exactly if they are equal as JSON: 1 and 1.0 are, objects in any order of members are.
   * @throws BudgetSpent
   */
  keyOf(value: Json): string {
    if (typeof value === 'string') {
      this.spend(1 + (value.length >>> 6));
      return JSON.stringify(value);
    }
    this.spend(1);
    if (value === null || typeof value !== 'object') return String(value === 0 ? 0 : value);
    if (isList(value)) return `[${value.map((item) => this.keyOf(item)).join(',')}]`;
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${this.keyOf(value[key] ?? null)}`).join(',')}}`;
  }
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether `value` nests deeper than `MAX_DEPTH`; found without recursion, for the value may be an enemy's. */
export function nestsTooDeep(value: Json): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    const next: Json[] = [];
    for (const item of level) {
      if (item !== null && typeof item === 'object') for (const inner of Object.values(item)) next.push(inner);
    }
    level = next;
  }
  return false;
}
