import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { isYamlList, isYamlMap, type YamlMap, type YamlValue } from '../yaml.ts';

/** One place in the frontmatter: what stands there, and what to call it in an error. */
export class Field {
  readonly value: YamlValue | undefined;
  /** `tools[0].name`, safe to show. */
  readonly path: string;

  constructor(value: YamlValue | undefined, path: string) {
    this.value = value;
    this.path = path;
  }

  get absent(): boolean {
    return this.value === undefined;
  }

  /** What stands under a key; absent if there is no such key or no map. */
  at(key: string): Field {
    const name = shown(key, 64);
    return new Field(
      isYamlMap(this.value) ? this.value.get(key) : undefined,
      this.path === '' ? name : `${this.path}.${name}`,
    );
  }

  /** A text of so many characters. */
  text(minChars: number, maxChars: number): string {
    const { value } = this;
    if (typeof value === 'string') {
      const chars = value.length > 2 * maxChars ? value.length : Array.from(value).length;
      if (chars >= minChars && chars <= maxChars) return value;
      throw this.fail(`must have ${minChars} to ${maxChars} characters, not ${chars}`);
    }
    throw this.fail(
      typeof value === 'number' || typeof value === 'boolean' ? 'must be a text: put it in quotes' : 'must be a text',
    );
  }

  optionalText(maxChars: number): string | undefined {
    return this.absent ? undefined : this.text(1, maxChars);
  }

  flag(absent: boolean): boolean {
    if (this.absent) return absent;
    if (typeof this.value === 'boolean') return this.value;
    throw this.fail('must be true or false');
  }

  /** The items of a list; none if it is absent. */
  items(max: number): readonly Field[] {
    if (this.absent) return [];
    if (!isYamlList(this.value)) throw this.fail('must be a list');
    if (this.value.length > max) throw this.fail(`must have at most ${max} entries`);
    return this.value.map((item, index) => new Field(item, `${this.path}[${index}]`));
  }

  map(): YamlMap {
    if (isYamlMap(this.value)) return this.value;
    throw this.fail('must be a map of keys and values');
  }

  /** The keys of a map that are not among `known`. */
  otherKeys(known: readonly string[]): readonly string[] {
    return [...this.map().keys()].filter((key) => !known.includes(key));
  }

  /** @throws HostError `manifest-invalid` from every method above; this makes one for what only the caller can see. */
  fail(what: string, remedy = `Correct ${this.path} (docs/skills.md says what it may be).`): HostError {
    return new HostError('manifest-invalid', `SKILL.md: ${this.path} ${what}`, {
      file: 'SKILL.md',
      key: this.path,
      remedy: this.absent ? `Add ${this.path}.` : remedy,
    });
  }

  /** Runs a parser of another folder and says where its error stands. */
  within<T>(parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      if (error instanceof HostError) throw this.fail(`does not hold: ${error.message}`, error.details.remedy);
      throw error;
    }
  }
}
