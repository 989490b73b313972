import { HostError } from '../base/error.ts';
import type { Action, Asker, Decider } from './action.ts';
import { allowanceFor } from './allowance.ts';
import type { Allowance, Choice } from './gate-ports.ts';
import { type AnswerStore, answerText, type Binding, bindingOf, type RememberedAnswer } from './remembered.ts';
import type { Rule } from './rule.ts';
import { recordedOption } from './recorded-rule.ts';
import type { RuleSet, Ruling } from './rules.ts';
import { type Subject, subjectOf } from './subject.ts';
import { type Classified, classify, type TierContext } from './tier.ts';

/** Everything that can decide before a person is asked. */
export interface StandingPorts extends TierContext {
  /** The operator's rules of now. @throws HostError `policy-invalid` for a rule file that is wrong */
  rules(): RuleSet;
  /** The answers that hold for this binding, wherever they are kept. @throws HostError */
  remembered(binding: Binding): readonly RememberedAnswer[];
}

/** Decided without asking anybody. */
export interface Decided extends Classified {
  readonly kind: 'decided';
  readonly decision: 'allowed' | 'denied';
  readonly decider: Decider;
  /** The rule, remembered answer or option, as text. */
  readonly rule: string;
  /** The same without the words of requests, if there are any in it. */
  readonly recorded?: string;
  readonly deciding?: Rule | RememberedAnswer | Allowance | HostError;
  /** What to do about a denial, one sentence. */
  readonly remedy?: string;
  /** Why it could not be looked up what was answered before. */
  readonly trouble?: HostError;
}

/** Only a person can decide. */
export interface Open extends Classified {
  readonly kind: 'open';
  readonly subject: Subject;
  readonly choices: readonly Choice[];
  /** What `session`, `always` and `never` would be remembered for; absent where they are not offered. */
  readonly binding?: Binding;
  /** Why it could not be looked up what was answered before. */
  readonly trouble?: HostError;
}

export type Standing = Decided | Open;

const REMEMBERABLE: readonly Choice[] = ['once', 'session', 'always', 'never', 'no'];
const NOT_REMEMBERABLE: readonly Choice[] = ['once', 'no'];

/**
 * How an action stands before anybody is asked. The order: what it is about must be clear; the operator's denials, then permissions;
 * what the command line allows; what was answered before; tier 1 goes through; the rest is asked.
 */
export function standingOf(
  action: Action,
  asker: Asker,
  allowed: readonly Allowance[],
  ports: StandingPorts,
): Standing {
  const subject = subjectOf(action);
  if (subject.kind === 'malformed') return unclear(subject.why);
  const classified = classify(action, ports);
  const ruling = rulingOn(action, subject, asker, ports);
  if (ruling instanceof HostError) return unruled(classified, ruling);
  if (ruling !== undefined) return ruled(classified, ruling);

  const allowance = allowanceFor(allowed, action, subject);
  if (allowance !== undefined)
    return decided(classified, 'allowed', 'option', allowance.option, {
      deciding: allowance,
      recorded: recordedOption(allowance),
    });

  const binding = bindingOf(action, subject, asker);
  const found = binding === undefined ? [] : lookFor(binding, ports);
  const answers = found instanceof HostError ? [] : found;
  const trouble = found instanceof HostError ? { trouble: found } : {};
  const never = answers.find(({ effect }) => effect === 'never');
  if (never !== undefined) return answered(classified, 'denied', never);
  if (classified.tier === 1) return decided(classified, 'allowed', 'tier', 'tier1', trouble);
  const yes = classified.tier === 2 ? answers[0] : undefined;
  if (yes !== undefined) return answered(classified, 'allowed', yes);

  const rememberable = classified.tier === 2 && binding !== undefined && !(found instanceof HostError);
  return {
    kind: 'open',
    ...classified,
    subject,
    choices: rememberable ? REMEMBERABLE : NOT_REMEMBERABLE,
    ...(rememberable ? { binding } : {}),
    ...trouble,
  };
}

function rulingOn(
  action: Action,
  subject: Subject,
  asker: Asker,
  ports: StandingPorts,
): Ruling | HostError | undefined {
  try {
    return ports.rules().decide(action, subject, asker);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
}

function lookFor(binding: Binding, ports: StandingPorts): readonly RememberedAnswer[] | HostError {
  try {
    return ports.remembered(binding);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
}

/** Nobody could say yes to something that means one thing to who reads it and another to who does it. */
function unclear(why: string): Decided {
  const because = `it is not clear what it is about: ${why}`;
  return decided({ tier: 3, because }, 'denied', 'rule', `built in: ${why}`, {
    remedy: 'Ask for it in its plain form: no rule and no answer can allow this one.',
  });
}

/** A wrong rule file may hold a denial of anything, so it denies everything until it is mended. */
function unruled(classified: Classified, error: HostError): Decided {
  return decided(classified, 'denied', 'rule', `rules unreadable: ${error.message}`, {
    deciding: error,
    recorded: `rules unreadable: ${placeOf(error)}`,
    remedy: error.details.remedy ?? 'Mend the rule file.',
  });
}

/** Where the fault is; what it is may be told in the words of a rule. */
function placeOf({ code, details: { file, line, column } }: HostError): string {
  const where = [file, line, column].filter((part) => typeof part === 'string' || typeof part === 'number');
  return where.length === 0 ? code : `${code}, ${where.join(':')}`;
}

function ruled(classified: Classified, { effect, rule, text, recorded }: Ruling): Decided {
  return effect === 'allow'
    ? decided(classified, 'allowed', 'rule', text, { deciding: rule, recorded })
    : decided(classified, 'denied', 'rule', text, {
        deciding: rule,
        recorded,
        remedy: 'Change the rule if it says too much: wirken permission list shows all of them.',
      });
}

function answered(classified: Classified, decision: 'allowed' | 'denied', answer: RememberedAnswer): Decided {
  return decided(classified, decision, 'remembered', answerText(answer), {
    deciding: answer,
    ...(decision === 'allowed' ? {} : { remedy: `To be asked again: wirken permission revoke ${answer.id}` }),
  });
}

function decided(
  classified: Classified,
  decision: 'allowed' | 'denied',
  decider: Decider,
  rule: string,
  more: Pick<Decided, 'deciding' | 'recorded' | 'remedy' | 'trouble'> = {},
): Decided {
  return { kind: 'decided', ...classified, decision, decider, rule, ...more };
}

/** Both stores as one: what was answered for the session, and what is kept. */
export function rememberedIn(stores: readonly AnswerStore[], nowMs: () => number): StandingPorts['remembered'] {
  return (binding) => {
    const now = nowMs();
    return stores.flatMap((store) => store.find(binding, now));
  };
}
