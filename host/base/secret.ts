import { inspect } from 'node:util';

/**
 * A secret text that shows as `[secret label]` wherever it is printed, serialized, spread or interpolated.
 * `reveal` is the one way to its value.
 */
export class SecretString {
  readonly #value: string;
  readonly #label: string;

  constructor(value: string, label: string) {
    this.#value = value;
    this.#label = label;
  }

  /** Hands the value to `use` and returns what `use` returns. */
  reveal<T>(use: (value: string) => T): T {
    return use(this.#value);
  }

  toString(): string {
    return `[secret ${this.#label}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
