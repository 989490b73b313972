import type { Json } from '../../base/jcs.ts';
import { isList } from '../../skill/schema/budget.ts';

/** The arguments of one call, after its schema let them through. What the schema promises and is not there is a bug of ours. */
export class Arguments {
  readonly #members: ReadonlyMap<string, Json>;

  constructor(valid: { readonly [name: string]: Json }) {
    this.#members = new Map(Object.entries(valid));
  }

  text(name: string): string {
    const value = this.#members.get(name);
    if (typeof value !== 'string') throw new TypeError(`the schema lets ${name} be no text`);
    return value;
  }

  textOr<T>(name: string, otherwise: T): string | T {
    return this.#members.has(name) ? this.text(name) : otherwise;
  }

  integerOr(name: string, otherwise: number): number {
    const value = this.#members.get(name) ?? otherwise;
    if (!Number.isSafeInteger(value)) throw new TypeError(`the schema lets ${name} be no integer`);
    return Number(value);
  }

  flag(name: string): boolean {
    return this.#members.get(name) === true;
  }

  texts(name: string): readonly string[] {
    const value = this.#members.get(name);
    if (value === undefined || !isList(value)) throw new TypeError(`the schema lets ${name} be no list`);
    return value.map((item) => {
      if (typeof item !== 'string') throw new TypeError(`the schema lets ${name} hold what is no text`);
      return item;
    });
  }
}
