/**
 * A secret that shows itself only to the callback of `reveal`. A template, JSON, `inspect`, a spread, `structuredClone` and the message
 * of an error get `[secret label]` instead.
 */
export class SecretString {
  readonly #value: string;
  /** The one member that a copy by spread or `structuredClone` takes along. */
  readonly shown: string;

  /** `label` says what it is for, never what it is: `token of splunk`. */
  constructor(value: string, label: string) {
    this.#value = value;
    this.shown = `[secret ${label}]`;
  }

  /** Hands the secret to `use` alone; what `use` answers is not looked at. */
  reveal<T>(use: (value: string) => T): T {
    return use(this.#value);
  }

  /** `text` with each occurrence of the secret covered, be it plain or as URLs, forms and JSON write it: for what a peer sent back. */
  coverIn(text: string): string {
    if (this.#value === '') return text;
    const wellFormed = this.#value.toWellFormed();
    const spellings = [
      this.#value,
      encodeURIComponent(wellFormed),
      new URLSearchParams({ s: wellFormed }).toString().slice(2),
      JSON.stringify(this.#value).slice(1, -1),
    ];
    return spellings.reduce((covered, spelling) => covered.replaceAll(spelling, this.shown), text);
  }

  toString(): string {
    return this.shown;
  }

  toJSON(): string {
    return this.shown;
  }

  [Symbol.toPrimitive](): string {
    return this.shown;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.shown;
  }
}
