import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import type { Effect } from '../policy/pattern.ts';
import { CONDITIONS, parseRule, type Rule, type RuleText } from '../policy/rule.ts';
import { readRuleDocument, type RuleDocument } from './rule-document.ts';
import { yaml } from './yaml.ts';

const MAX_RULES = 10_000;
const EFFECTS: readonly Effect[] = ['allow', 'deny'];
/** For whoever reads the file; it decides nothing. */
const NOTE = 'note';
const KEYS: readonly string[] = [...EFFECTS, ...CONDITIONS, NOTE];

/**
 * The rules of a rule file, in its order: `rules:`, a list of `allow: TARGET` or `deny: TARGET` with the conditions `skill`, `channel`,
 * `agent`, `person`, and `note`. An empty file has none.
 * @throws HostError `policy-invalid` with file, line and column: one wrong rule refuses them all
 */
export function parseRules(untrusted: string, file: string): readonly Rule[] {
  return rulesOf(readRuleDocument(untrusted, file));
}

/** The same from the document. */
export function rulesOf(source: RuleDocument): readonly Rule[] {
  const { isMap, isScalar } = yaml();
  const { document, wrong } = source;
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return [];
  if (!isMap(root)) throw wrong(root, 'does not begin with `rules:`');
  const [first, second] = root.items;
  for (const { key } of root.items) {
    if (!isScalar(key) || key.value !== 'rules')
      throw wrong(key, `has the unknown key ${keyText(key)}; it has \`rules\` alone`);
  }
  if (second !== undefined) throw wrong(second.key, 'has `rules` twice');
  return first === undefined ? [] : ruleList(first.value, first.key, source);
}

function ruleList(list: unknown, key: unknown, source: RuleDocument): readonly Rule[] {
  const { isScalar, isSeq } = yaml();
  if (list === null || (isScalar(list) && list.value === null)) return [];
  if (!isSeq(list)) throw source.wrong(key, 'has no list under `rules`');
  if (list.items.length > MAX_RULES) throw source.wrong(list, `has more than ${MAX_RULES} rules`);
  return list.items.map((item) => ruleOf(item, list, source));
}

function ruleOf(item: unknown, list: unknown, source: RuleDocument): Rule {
  const { isMap, isScalar } = yaml();
  if (!isMap(item)) throw source.wrong(item ?? list, 'has a rule that is not `allow: …` or `deny: …`');
  const texts = new Map<string, { readonly text: string; readonly node: unknown }>();
  for (const { key, value } of item.items) {
    if (!isScalar(key) || typeof key.value !== 'string' || !KEYS.includes(key.value))
      throw source.wrong(key, `has the unknown key ${keyText(key)} in a rule; a rule has ${KEYS.join(', ')}`);
    if (texts.has(key.value)) throw source.wrong(key, `has \`${key.value}\` twice in a rule`);
    if (!isScalar(value) || typeof value.value !== 'string')
      throw source.wrong(value ?? key, `has no text under \`${key.value}\``, 'Put the value in quotes.');
    texts.set(key.value, { text: value.value, node: value });
  }
  const [effect, ...others] = EFFECTS.filter((name) => texts.has(name));
  if (effect === undefined) throw source.wrong(item, 'has a rule without `allow` or `deny`');
  if (others.length > 0) throw source.wrong(item, 'has a rule with both `allow` and `deny`');
  const text: RuleText = {
    effect,
    target: texts.get(effect)?.text ?? '',
    ...Object.fromEntries(CONDITIONS.flatMap((name) => (texts.has(name) ? [[name, texts.get(name)?.text]] : []))),
  };
  try {
    return parseRule(text, source.placeOf(item));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const field = error.details['field'];
    throw source.wrong(
      texts.get(typeof field === 'string' ? field : effect)?.node,
      `is wrong here: ${error.message}`,
      error.details.remedy,
    );
  }
}

function keyText(key: unknown): string {
  return yaml().isScalar(key) ? `\`${shown(String(key.value), 64)}\`` : 'that is no text';
}
