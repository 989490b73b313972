import type { Node, YAMLSeq } from 'yaml';
import { HostError } from '../base/error.ts';
import { parseRule, type Rule, type RuleText } from '../policy/rule.ts';
import { parseRules, rulesOf } from './parse-rules.ts';
import { readRuleDocument, type RuleDocument } from './rule-document.ts';
import { yaml } from './yaml.ts';

/** The rule file as it was changed. */
export interface Edited {
  readonly text: string;
  readonly rules: readonly Rule[];
}

/**
 * The file with the rule at its end, comments kept; the same text if it holds this very rule already.
 * @throws HostError `policy-invalid` for a file or a rule that is wrong
 */
export function addRule(untrusted: string, file: string, rule: RuleText): Edited {
  const { text } = parseRule(rule);
  const source = readRuleDocument(untrusted, file);
  const before = rulesOf(source);
  if (before.some((known) => known.text === text)) return { text: untrusted, rules: before };
  const { effect, target, ...conditions } = rule;
  listOf(source).items.push(source.document.createNode({ [effect]: target, ...conditions }));
  return checked(source, [...before.map((known) => known.text), text]);
}

/**
 * The file without its rule number `index` (from 0), comments elsewhere kept.
 * @throws HostError `policy-invalid` for a file that is wrong, `not-found` without such a rule
 */
export function removeRule(untrusted: string, file: string, index: number): Edited {
  const source = readRuleDocument(untrusted, file);
  const before = rulesOf(source);
  if (before[index] === undefined) {
    throw new HostError('not-found', `There is no rule number ${index + 1}`, {
      file,
      remedy: 'See wirken permission list.',
    });
  }
  listOf(source).items.splice(index, 1);
  return checked(
    source,
    before.filter((_, at) => at !== index).map((known) => known.text),
  );
}

/** The list of rules as it stands in the document, made if it is missing. */
function listOf({ document }: RuleDocument): YAMLSeq {
  const { isMap, isSeq, Pair, Scalar, YAMLMap, YAMLSeq } = yaml();
  const root: unknown = document.contents;
  const pair = isMap(root) ? root.items[0] : undefined;
  if (isSeq(pair?.value)) {
    // `rules: []` goes on in lines.
    if (pair.value.items.length === 0) pair.value.flow = false;
    return pair.value;
  }
  const list = new YAMLSeq();
  if (pair !== undefined) {
    keepComments(pair.value, list);
    pair.value = list;
    return list;
  }
  const map = new YAMLMap();
  map.items.push(new Pair(new Scalar('rules'), list));
  keepComments(root, map);
  document.contents = map;
  return list;
}

/** What people wrote beside a value stays when another takes its place. */
function keepComments(from: unknown, to: Node): void {
  if (!yaml().isNode(from)) return;
  if (typeof from.commentBefore === 'string') to.commentBefore = from.commentBefore;
  if (typeof from.comment === 'string') to.comment = from.comment;
}

/** What is written says what was meant, and nothing else changed. */
function checked({ document, file }: RuleDocument, expected: readonly string[]): Edited {
  const text = document.toString({ lineWidth: 0 });
  const rules = parseRules(text, file);
  if (rules.map((rule) => rule.text).join('\n') !== expected.join('\n'))
    throw new TypeError('an edit of the rule file changed something else');
  return { text, rules };
}
