import { shown } from '../../base/shown.ts';

const MAX_CHARS = 200;
const MAX_MEMBERS = 12;

/** The `detail` of a row for a person: whatever stands in it, what comes out is one line that acts on no terminal. */
export class DetailView {
  readonly #detail: { readonly [member: string]: unknown };

  constructor(untrusted: unknown) {
    this.#detail = isObject(untrusted) ? untrusted : {};
  }

  /** `?` if it is not there: rows are shown before anything verified them. */
  text(member: string, maxChars = MAX_CHARS): string {
    return this.optional(member, maxChars) ?? '?';
  }

  optional(member: string, maxChars = MAX_CHARS): string | undefined {
    const value = this.#detail[member];
    if (value === undefined || value === null || isCommitment(value)) return undefined;
    return shown(typeof value === 'string' ? value : JSON.stringify(value), maxChars);
  }

  number(member: string): number | undefined {
    const value = this.#detail[member];
    return typeof value === 'number' ? value : undefined;
  }

  list(member: string): readonly string[] {
    const value: unknown = this.#detail[member];
    if (!Array.isArray(value)) return [];
    return value
      .slice(0, 64)
      .map((one: unknown) => shown(typeof one === 'string' ? one : JSON.stringify(one), MAX_CHARS));
  }

  /** A member that is an object. */
  inner(member: string): DetailView {
    return new DetailView(this.#detail[member]);
  }

  /** The names of all members that stand in the clear. */
  names(): readonly string[] {
    return Object.keys(this.#detail).filter((member) => !isCommitment(this.#detail[member]));
  }

  /** `name=value` of each member in the clear, for actions whose members nobody has put in words. */
  plain(): string {
    const names = this.names();
    const all = names.slice(0, MAX_MEMBERS).map((name) => `${shown(name, 40)}=${this.text(name, 60)}`);
    return [...all, ...(names.length > MAX_MEMBERS ? ['…'] : [])].join(' ');
  }
}

function isCommitment(value: unknown): boolean {
  return isObject(value) && typeof value['$c'] === 'string' && Object.keys(value).length === 1;
}

function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
