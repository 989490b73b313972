// Rules of a Lyrik bundle: rules/**/*.yaml checked and written to rules/compiled.bin, which the engine loads.
//   node tools/lyrik-rules.mjs [--check] [BUNDLE]      BUNDLE is skills/lyrik if it is not given
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// The host's own, of which the root package has none.
/** @type {typeof import('yaml')} */
const yaml = createRequire(new URL('../host/package.json', import.meta.url))('yaml');
const { isMap, isScalar, isSeq, LineCounter, parseDocument } = yaml;

const SKILL = join(dirname(dirname(fileURLToPath(import.meta.url))), 'skills', 'lyrik');
const LANGUAGES = ['javascript', 'typescript', 'tsx', 'python', 'go', 'java', 'c', 'rust'];
const FRAMINGS =
  'auth crypto injection deserialization memory_safety secrets supply_chain race_condition prompt_injection'.split(' ');
const TEXTS = {
  id: /^[a-z][a-z0-9-]{2,80}$/u,
  title: /^.{5,120}$/u,
  cwe: /^CWE-[1-9]\d{0,4}$/u,
  owasp: /^(A(0[1-9]|10):20(17|21|25)|LLM(0[1-9]|10):2025)$/u,
  severity: /^(critical|high|medium|low|info)$/u,
  confidence: /^(high|medium|low)$/u,
  framing: new RegExp(`^(${FRAMINGS.join('|')})$`, 'u'),
  message: /^[^]{20,600}$/u,
  remedy: /^[^]{10,600}$/u,
};
const LISTS = ['languages', 'references'];
const TAINT = ['sources', 'sinks', 'sanitizers', 'propagators'];

/** One YAML file as a document, its mistakes with their lines. */
class Source {
  /** @param {string} file @param {string} shown */
  constructor(file, shown) {
    this.shown = shown;
    this.lines = new LineCounter();
    this.document = parseDocument(readFileSync(file, 'utf8'), {
      lineCounter: this.lines,
      strict: true,
      uniqueKeys: true,
      version: '1.2',
    });
    const [wrong] = [...this.document.errors, ...this.document.warnings];
    if (wrong !== undefined)
      throw new Error(`${shown}:${wrong.linePos?.[0].line ?? 1}: ${wrong.message.split('\n')[0]}`);
  }

  /** @param {import('yaml').Node | null | undefined} node */
  line(node) {
    return node?.range ? this.lines.linePos(node.range[0]).line : 1;
  }

  /** @param {import('yaml').Node | null | undefined} node @param {string} message @returns {never} */
  fail(node, message) {
    const id = this.document.get('id');
    throw new Error(`${this.shown}:${this.line(node)}: ${typeof id === 'string' ? `rule ${id}: ` : ''}${message}`);
  }

  /** A list of patterns with their lines; groups are spelled out. @param {unknown} node @param {(name: string, at: any) => any[]} group */
  patterns(node, group) {
    if (node === undefined || node === null) return [];
    if (!isSeq(node)) this.fail(/** @type {any} */ (node), 'a list of patterns is wanted');
    return /** @type {any} */ (node).items.flatMap((/** @type {any} */ item) => {
      if (isMap(item) && item.items.length === 1 && typeof item.get('query') === 'string') {
        return [{ query: item.get('query'), line: this.line(item) }];
      }
      if (!isScalar(item) || typeof item.value !== 'string' || item.value.trim() === '') {
        this.fail(item, 'a pattern is a text; put it in quotes');
      }
      const text = item.value;
      return text.startsWith('$') ? group(text.slice(1), item) : [{ p: text, line: this.line(item) }];
    });
  }
}

/** @param {string} bundle */
function readDefaults(bundle) {
  const source = new Source(join(bundle, 'rules', 'defaults.yaml'), 'rules/defaults.yaml');
  /** @type {Record<string, any>} */
  const defaults = {};
  for (const language of LANGUAGES) {
    const own = source.document.get(language);
    if (own === undefined) continue;
    if (!isMap(own)) source.fail(/** @type {any} */ (own), `${language} is a map`);
    const like = /** @type {any} */ (own).get('like');
    if (like !== undefined) {
      if (defaults[like] === undefined) source.fail(/** @type {any} */ (own), `there is no ${like} above`);
      defaults[language] = defaults[like];
      continue;
    }
    const none = (/** @type {string} */ name, /** @type {any} */ at) =>
      source.fail(at, `no group may be used here: $${name}`);
    /** @type {Record<string, any>} */
    const groups = {};
    for (const pair of /** @type {any} */ (own).get('groups')?.items ?? [])
      groups[pair.key.value] = source.patterns(pair.value, none);
    defaults[language] = {
      propagators: source.patterns(/** @type {any} */ (own).get('propagators'), none),
      sanitizers: source.patterns(/** @type {any} */ (own).get('sanitizers'), none),
      groups,
    };
  }
  return defaults;
}

/** @param {string} file @param {string} shown @param {Record<string, any>} defaults */
function readRule(file, shown, defaults) {
  const source = new Source(file, shown);
  const root = source.document.contents;
  if (!isMap(root)) source.fail(root, 'a rule is a map');
  const rule = /** @type {any} */ (root);
  const known = [...Object.keys(TEXTS), ...LISTS, 'patterns', 'query', 'taint'];
  for (const pair of rule.items) {
    if (!known.includes(pair.key.value)) source.fail(pair.key, `unknown key ${JSON.stringify(pair.key.value)}`);
  }
  /** @type {Record<string, any>} */
  const read = { file: shown };
  for (const [key, pattern] of Object.entries(TEXTS)) {
    const value = rule.get(key);
    if (typeof value !== 'string' || !pattern.test(value.trim())) {
      source.fail(rule.get(key, true), `${key} is missing or not of the form ${pattern.source}`);
    }
    read[key] = value.trim().replaceAll(/\s*\n\s*/gu, ' ');
  }
  if (read['id'] !== basename(file, '.yaml')) source.fail(rule.get('id', true), 'id differs from the name of the file');
  for (const key of LISTS) {
    const list = rule.get(key);
    if (!isSeq(list) || list.items.length === 0) source.fail(list, `${key} is a list that is not empty`);
    read[key] = list.toJSON();
  }
  for (const language of read['languages']) {
    if (!LANGUAGES.includes(language)) source.fail(rule.get('languages', true), `unknown language ${language}`);
  }
  for (const reference of read['references']) {
    if (!/^https:\/\/\S+$/u.test(reference))
      source.fail(rule.get('references', true), `a reference is an https address: ${reference}`);
  }
  const group = (/** @type {string} */ name, /** @type {any} */ at) => {
    const found = defaults[read['languages'][0]]?.groups[name];
    if (found === undefined) source.fail(at, `rules/defaults.yaml has no group ${name} for ${read['languages'][0]}`);
    return found;
  };
  if (rule.has('patterns')) read['patterns'] = source.patterns(rule.get('patterns'), group);
  if (rule.has('query')) {
    if (typeof rule.get('query') !== 'string') source.fail(rule.get('query', true), 'query is a text');
    read['query'] = [{ query: rule.get('query'), line: source.line(rule.get('query', true)) }];
  }
  if (rule.has('taint')) {
    const taint = rule.get('taint');
    if (!isMap(taint)) source.fail(taint, 'taint is a map');
    for (const pair of taint.items) {
      if (!TAINT.includes(pair.key.value))
        source.fail(pair.key, `unknown key ${JSON.stringify(pair.key.value)} in taint`);
    }
    read['taint'] = Object.fromEntries(
      TAINT.flatMap((key) => (taint.has(key) ? [[key, source.patterns(taint.get(key), group)]] : [])),
    );
    if (!read['taint'].sources?.length || !read['taint'].sinks?.length)
      source.fail(taint, 'taint wants sources and sinks');
  }
  if (!read['patterns'] && !read['query'] && !read['taint'])
    source.fail(rule, 'one of patterns, query, taint is wanted');
  return read;
}

/**
 * The text of rules/compiled.bin for the rules of a bundle.
 * @param {string} bundle
 * @returns {string}
 */
export function compileRules(bundle) {
  const defaults = readDefaults(bundle);
  const files = readdirSync(join(bundle, 'rules'), { recursive: true, encoding: 'utf8' });
  const rules = files
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.includes('/') && file.endsWith('.yaml'))
    .sort()
    .map((file) => readRule(join(bundle, 'rules', file), `rules/${file}`, defaults));
  const ids = new Set();
  for (const rule of rules) {
    if (ids.has(rule['id'])) throw new Error(`${rule['file']}:1: rule ${rule['id']}: there is another rule of that id`);
    ids.add(rule['id']);
  }
  const kept = Object.fromEntries(
    Object.entries(defaults).map(([language, { propagators, sanitizers }]) => [language, { propagators, sanitizers }]),
  );
  return `${JSON.stringify({ version: 1, defaults: kept, rules })}\n`;
}

/** Writes compiled.bin if it differs; with `check` only says so. Answers whether it was what the rules compile to. @param {string} bundle @param {boolean} check */
export function buildRules(bundle, check) {
  const target = join(bundle, 'rules', 'compiled.bin');
  const text = compileRules(bundle);
  const same = existsSync(target) && readFileSync(target, 'utf8') === text;
  if (!same && !check) writeFileSync(target, text);
  return same;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { check: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  try {
    const same = buildRules(positionals[0] ?? SKILL, values.check);
    console.log(
      same
        ? 'rules/compiled.bin is what the rules compile to'
        : values.check
          ? 'rules/compiled.bin differs'
          : 'rules/compiled.bin written',
    );
    if (!same && values.check) process.exitCode = 1;
  } catch (error) {
    console.error(`lyrik-rules: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
