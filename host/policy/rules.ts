import type { Action, ActionKind, Asker } from './action.ts';
import { type Glob, parseGlob } from './glob.ts';
import { covers, type Effect, keyOf } from './pattern.ts';
import { recordedRule } from './recorded-rule.ts';
import { concerns, type Rule } from './rule.ts';
import type { Subject } from './subject.ts';
import { ACTION_KINDS } from './table.ts';

/** Which rule decides, and where it stands. */
export interface Ruling {
  readonly effect: Effect;
  readonly rule: Rule;
  /** `deny WorkspaceWrite:.git/** (permissions.yaml:4:5)` */
  readonly text: string;
  /** The same as the log has it in the clear. */
  readonly recorded: string;
}

interface Placed {
  readonly at: number;
  readonly rule: Rule;
}

/** The rules of one variant and effect: those that only a subject with one key can meet, and the others. */
interface Bucket {
  readonly keyed: Map<string, Placed[]>;
  readonly open: Placed[];
}

type Index = Readonly<Record<Effect, Bucket>>;

/** The operator's rules, ready to decide. A denial beats every permission, wherever either stands. */
export class RuleSet {
  /** As they were given. */
  readonly rules: readonly Rule[];
  /** Where they stand, for messages: `permissions.yaml`. */
  readonly source: string;
  readonly #index: ReadonlyMap<ActionKind, Index>;

  constructor(rules: readonly Rule[], source: string) {
    this.rules = [...rules];
    this.source = source;
    this.#index = indexOf(this.rules);
  }

  /** The first denial that covers the action; without one the first permission; `undefined` if no rule says anything. */
  decide(action: Action, subject: Subject, asker: Asker): Ruling | undefined {
    return this.ruling('deny', action, subject, asker) ?? this.ruling('allow', action, subject, asker);
  }

  /** The first rule of one effect that covers the action. */
  ruling(effect: Effect, action: Action, subject: Subject, asker: Asker): Ruling | undefined {
    const bucket = this.#index.get(action.kind)?.[effect];
    if (bucket === undefined) return undefined;
    const fits = ({ rule }: Placed): boolean =>
      (rule.pattern === undefined || covers(rule.pattern, subject, effect)) && concerns(rule, action, asker);
    let first = bucket.open.find(fits);
    for (const key of subject.keys) {
      const found = bucket.keyed.get(key)?.find(fits);
      if (found !== undefined && (first === undefined || found.at < first.at)) first = found;
    }
    if (first === undefined) return undefined;
    const { rule } = first;
    return { effect, rule, text: this.textOf(rule), recorded: this.#placed(recordedRule(rule), rule) };
  }

  /** What of the workspace is denied to this asker, whatever it was granted, as globs for `globMatches` with `dots`. */
  denials(kind: 'WorkspaceRead' | 'WorkspaceWrite', asker: Asker): readonly Glob[] {
    const { keyed, open } = this.#index.get(kind)?.deny ?? bucket();
    const action: Action = kind === 'WorkspaceRead' ? SOME_READ : SOME_WRITE;
    return [...open, ...[...keyed.values()].flat()]
      .filter(({ rule }) => concerns(rule, action, asker))
      .map(({ rule: { pattern } }) => (pattern?.kind === 'path' ? pattern.glob : EVERYTHING));
  }

  /** A rule and where it stands, on one line. */
  textOf(rule: Rule): string {
    return this.#placed(rule.text, rule);
  }

  #placed(text: string, { line, column }: Rule): string {
    return `${text} (${line === 0 ? this.source : `${this.source}:${line}:${column}`})`;
  }
}

const EVERYTHING: Glob = parseGlob('**');
const SOME_READ: Action = { kind: 'WorkspaceRead', path: '.' };
const SOME_WRITE: Action = { kind: 'WorkspaceWrite', path: '.', creates: false, granted: true };

/** For those who have no rule file. */
export const NO_RULES: RuleSet = new RuleSet([], 'no rules');

function indexOf(rules: readonly Rule[]): ReadonlyMap<ActionKind, Index> {
  const index = new Map<ActionKind, Index>();
  for (const [at, rule] of rules.entries()) {
    for (const kind of rule.variant === '*' ? ACTION_KINDS : [rule.variant]) {
      const ofKind = index.get(kind) ?? { allow: bucket(), deny: bucket() };
      index.set(kind, ofKind);
      const { keyed, open } = ofKind[rule.effect];
      const key = rule.pattern === undefined ? undefined : keyOf(rule.pattern);
      if (key === undefined) open.push({ at, rule });
      else {
        const same = keyed.get(key) ?? [];
        same.push({ at, rule });
        keyed.set(key, same);
      }
    }
  }
  return index;
}

function bucket(): Bucket {
  return { keyed: new Map(), open: [] };
}
