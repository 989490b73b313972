import type { Json } from '../base/jcs.ts';
import type { Action, ActionKind, ActionOf, Asker, Decider, Tier } from './action.ts';
import type { Permit } from './permit.ts';

/** What a person is shown and asked. Everything in it is untrusted text: whoever shows it escapes it. */
export interface Question {
  readonly action: Action;
  readonly tier: Tier;
  readonly asker: Asker;
  /** One sentence, from the table of consent questions. */
  readonly text: string;
  /** The full arguments of the call, if there are any. */
  readonly args?: Json;
  /** Why it is asked: what decided that it is not simply allowed. */
  readonly why: string;
  /** What `always` and `never` would be remembered for, `VARIANT:PATTERN`. */
  readonly pattern: string;
  /** The answers that are open here; tier 3 is never remembered. */
  readonly choices: readonly Choice[];
  /** To be typed in full before anything but a no counts: tier 3. */
  readonly word?: string;
}

export type Choice = 'once' | 'session' | 'always' | 'never' | 'no';

/** Asks a person. Rejects with `signal.reason` when aborted; the gate aborts when nobody answers in time. */
export interface Approver {
  /** `unavailable`: nobody can be asked here. */
  ask(question: Question, signal: AbortSignal): Promise<Choice | 'unavailable'>;
}

/** One decision, as `permission.decision` records it. */
export interface Decision {
  readonly action: Action;
  readonly tier: Tier;
  readonly asker: Asker;
  readonly decision: 'allowed' | 'denied';
  readonly decider: Decider;
  /** Whether a remembered answer decided. */
  readonly remembered: boolean;
  /** The rule, remembered answer or option that decided, as text; `tier1` when only the tier did. */
  readonly rule: string;
  /** The same without the words of requests that `rule` may hold; absent where it holds none. */
  readonly recorded?: string;
  /** What the person answered, if one was asked. */
  readonly choice?: Choice;
}

/** The audit log, as the gate sees it. */
export interface DecisionLog {
  /** Resolves once the row is durable; rejects when it cannot be written. */
  record(decision: Decision): Promise<void>;
}

export interface AskOptions {
  readonly args?: Json;
  /** What the command line allowed for this process, `VARIANT` or `VARIANT:PATTERN`. `--yes` is `SkillRun` of the named skill. */
  readonly allowed?: readonly Allowance[];
}

export interface Allowance {
  readonly variant: ActionKind;
  /** Absent: any. */
  readonly pattern?: string;
  /** How the command line says it, for the log: `--yes`. */
  readonly option: string;
}

/** A no; a value, for the caller must handle it. */
export interface Denied<K extends ActionKind = ActionKind> {
  readonly kind: 'denied';
  readonly action: ActionOf<K>;
  readonly tier: Tier;
  readonly decider: Decider;
  readonly rule: string;
  /** One sentence for a person: what was denied and by what. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The gate, as whoever wants to do something sees it. */
export interface Asks {
  /** The decision is in the audit log before a permit exists. Rejects with `signal.reason` only. */
  ask<K extends ActionKind>(
    action: ActionOf<K>,
    asker: Asker,
    options: AskOptions,
    signal: AbortSignal,
  ): Promise<Permit<K> | Denied<K>>;
}
