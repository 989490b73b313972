import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { Json } from '../base/jcs.ts';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';

export type YamlValue = null | boolean | number | string | readonly YamlValue[] | YamlMap;
export type YamlMap = ReadonlyMap<string, YamlValue>;

/** Where a top-level entry stands in the text, from the first character of its key to the last of its value. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A YAML document that is one map, as `sign` needs it too. */
export interface YamlText {
  readonly map: YamlMap;
  readonly spans: ReadonlyMap<string, Span>;
  /** Blanks before a top-level key; `undefined` if the map is written in braces. */
  readonly indent?: number;
  /** The maps whose keys all are double-quoted. */
  readonly doubleQuoted: ReadonlySet<YamlMap>;
}

const MAX_DEPTH = 64;
const CORE_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  strict: true,
  merge: false,
  resolveKnownTags: false,
  prettyErrors: false,
  // Not `silent`: then the library would drop a second document without a word. Nothing is printed in either case.
  logLevel: 'error',
  // The library compares every key with every other; `Reader` does it in one pass, for 100,000 keys fit into the size that is allowed.
  uniqueKeys: false,
} as const;

/**
 * The map that a YAML 1.2 text holds, read with the core schema and nothing more: no anchors, aliases, tags beyond the core ones,
 * duplicate keys, keys that are no strings, numbers that JSON lacks. What the library only warns about is an error.
 * @throws HostError `manifest-invalid` with line and column.
 */
export function parseYaml(untrusted: string): YamlText {
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(untrusted, { ...OPTIONS, lineCounter: lines });
  } catch {
    // The library recurses; thousands of levels exhaust the stack.
    throw yamlError('nests too deep');
  }
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw yamlError(problem.message, lines.linePos(problem.pos[0]));
  const root: unknown = document.contents;
  if (!isMap(root)) throw yamlError('is not a list of `key: value`', { line: 2, col: 1 });
  const reader = new Reader(lines);
  const map = reader.root(root);
  const first = root.flow === true ? undefined : reader.spans.values().next().value;
  return {
    map,
    spans: reader.spans,
    doubleQuoted: reader.doubleQuoted,
    ...(first === undefined ? {} : { indent: lines.linePos(first.start).col - 1 }),
  };
}

/** The same value as JSON has it. */
export function jsonOf(value: YamlValue): Json {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) return Object.fromEntries([...mapEntries(value)].map(([key, item]) => [key, jsonOf(item)]));
  return isYamlList(value) ? value.map(jsonOf) : null;
}

export function isYamlMap(value: YamlValue | undefined): value is YamlMap {
  return value instanceof Map;
}

export function isYamlList(value: YamlValue | undefined): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function mapEntries(map: YamlMap): Iterable<readonly [string, YamlValue]> {
  return map.entries();
}

class Reader {
  readonly spans = new Map<string, Span>();
  readonly doubleQuoted = new Set<YamlMap>();
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  root(node: YAMLMap): YamlMap {
    const value = this.#value(node, node, 1);
    if (!isYamlMap(value)) throw new TypeError('a map is read as a map');
    return value;
  }

  #map(node: YAMLMap, depth: number): YamlMap {
    const map = new Map<string, YamlValue>();
    let quoted = true;
    for (const pair of node.items) {
      const key = this.#key(pair, node);
      if (map.has(key)) throw this.#fail(`the key \`${shown(key, 64)}\` stands twice`, pair.key);
      map.set(key, this.#value(pair.value, pair.key, depth + 1));
      quoted &&= isScalar(pair.key) && pair.key.type === 'QUOTE_DOUBLE';
      if (depth === 1) this.spans.set(key, spanOf(pair));
    }
    if (quoted) this.doubleQuoted.add(map);
    return map;
  }

  #key(pair: Pair, parent: YAMLMap): string {
    const value = this.#value(pair.key, parent, MAX_DEPTH);
    if (typeof value !== 'string') throw this.#fail('a key is not a string', pair.key ?? parent);
    if (value === '__proto__') throw this.#fail('a key is called `__proto__`', pair.key);
    return value;
  }

  #value(node: unknown, near: unknown, depth: number): YamlValue {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) throw this.#fail('aliases are not allowed', node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) throw this.#fail('holds something that is no value', near);
    if (node.anchor !== undefined) throw this.#fail('anchors are not allowed', node);
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag))
      throw this.#fail(`the tag ${shown(node.tag, 64)} is not allowed`, node);
    if (isScalar(node)) return this.#scalar(node.value, node);
    if (depth > MAX_DEPTH) throw this.#fail('nests too deep', node);
    return isMap(node) ? this.#map(node, depth) : node.items.map((item) => this.#value(item, node, depth + 1));
  }

  #scalar(value: unknown, node: unknown): YamlValue {
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value === 'string' && value.isWellFormed()) return value;
    throw this.#fail('holds a value that JSON has no form for', node);
  }

  #fail(what: string, node: unknown): HostError {
    const range = isScalar(node) || isAlias(node) || isMap(node) || isSeq(node) ? node.range : undefined;
    return yamlError(what, range ? this.#lines.linePos(range[0]) : undefined);
  }
}

function spanOf(pair: Pair): Span {
  const start = rangeOf(pair.key)?.[0] ?? 0;
  return { start, end: lastOf(pair.value) ?? lastOf(pair.key) ?? start };
}

/** The end of what a node says itself: a block map ends where its last value does, without the blank lines and comments behind. */
function lastOf(node: unknown): number | undefined {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return lastOf(last?.value) ?? lastOf(last?.key) ?? node.range?.[1];
  }
  return rangeOf(node)?.[1];
}

function rangeOf(node: unknown): readonly number[] | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range ?? undefined) : undefined;
}

function yamlError(what: string, at?: { line: number; col: number }): HostError {
  const place = at === undefined || at.line === 0 ? 'SKILL.md' : `SKILL.md:${at.line}:${at.col}`;
  return new HostError('manifest-invalid', `${place}: the frontmatter ${shown(sentence(what), 256)}`, {
    file: 'SKILL.md',
    ...(at === undefined || at.line === 0 ? {} : { line: at.line, column: at.col }),
    remedy: 'Write plain YAML: `key: value`, lists and text, each key once (docs/skills.md).',
  });
}

function sentence(text: string): string {
  return /^[A-Z]/.test(text) ? `is no valid YAML: ${text}` : text;
}
