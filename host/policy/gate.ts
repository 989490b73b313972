import { HostError } from '../base/error.ts';
import type { Clock } from '../base/ports.ts';
import { shown } from '../base/shown.ts';
import type { Action, ActionKind, ActionOf, Asker, Decider } from './action.ts';
import type { Approver, AskOptions, Asks, Choice, Decision, DecisionLog, Denied, Question } from './gate-ports.ts';
import { Lanes, orAborted } from './lanes.ts';
import { MemoryAnswers } from './memory-answers.ts';
import { Permit } from './permit.ts';
import { putQuestion, type Reply } from './put-question.ts';
import { type AnswerStore, type Binding, DEFAULT_REMEMBER_MS, MAX_REMEMBER_MS } from './remembered.ts';
import { exactTarget, remedyForChannel, remedyWithoutPerson } from './remedy.ts';
import type { Glob } from './glob.ts';
import type { RuleSet } from './rules.ts';
import { type Open, rememberedIn, type Standing, standingOf, type StandingPorts } from './standing.ts';
import { auditText, questionText, wordOf } from './text.ts';
import type { TierContext } from './tier.ts';

export const DEFAULT_ANSWER_WITHIN_MS = 120_000;
/** Questions that wait for one person on one channel. */
const MAX_WAITING_QUESTIONS = 64;

export interface GatePorts extends TierContext {
  /** The operator's rules of now. @throws HostError `policy-invalid`: then nothing is allowed until the file is mended */
  rules(): RuleSet;
  /** Where `always` and `never` are kept. What is answered for a session stays in the gate. */
  readonly answers: AnswerStore;
  readonly log: DecisionLog;
  readonly clock: Clock;
  /** Absent: nobody can be asked. */
  readonly approver?: Approver;
  /** Default 120 s, from when the question is put. */
  readonly answerWithinMs?: number;
  /** How long `always` and `never` hold. Default 30 days, at most 366. */
  readonly rememberMs?: number;
  /** Whether tier 3 may be answered there. Default: on the terminal (`cli`, `chat`) alone. */
  tier3Open?(channel: string): boolean;
  /** A decision that could not be recorded: the user is told. Of tiers 2 and 3 it is a denial then. */
  onUnrecorded?(decision: Decision, error: unknown): void;
  /** What was answered before could not be looked up, or this answer could not be kept. The decision stands. */
  onUnremembered?(action: Action, error: HostError): void;
}

type Outcome = Pick<Decision, 'decision' | 'decider' | 'rule' | 'recorded' | 'remembered' | 'choice'> & {
  readonly remedy?: string;
};

/** Known to this module alone, from the moment it is loaded. */
const mint = Permit.claimMint();

/** The one place where leave is given. */
export class Gate implements Asks {
  readonly #ports: GatePorts;
  readonly #standing: StandingPorts;
  readonly #session = new MemoryAnswers();
  readonly #lanes = new Lanes(MAX_WAITING_QUESTIONS);
  /** The refusal that those share who asked the same while it was being asked. */
  readonly #asking = new Map<string, { refusal?: Outcome }>();

  constructor(ports: GatePorts) {
    this.#ports = ports;
    this.#standing = {
      ...(ports.networkHosts === undefined ? {} : { networkHosts: ports.networkHosts }),
      rules: () => ports.rules(),
      remembered: rememberedIn([this.#session, ports.answers], () => ports.clock.now()),
    };
  }

  /**
   * Leave to do this once, or a no. The decision is durable in the log before a permit exists.
   * The permit carries a copy of `action`: what was decided, whatever becomes of the object.
   * Rejects with `signal.reason`; what was answered by then counts for nothing.
   * @throws TypeError for an action of no known kind
   */
  async ask<K extends ActionKind>(
    action: ActionOf<K> & { readonly kind: K },
    asker: Asker,
    options: AskOptions,
    signal: AbortSignal,
  ): Promise<Permit<K> | Denied<K>> {
    signal.throwIfAborted();
    const asked: ActionOf<K> = frozen(structuredClone(action));
    const who: Asker = frozen(structuredClone(asker));
    const standing = this.standing(asked, who, options);
    if (standing.trouble !== undefined) this.#ports.onUnremembered?.(asked, standing.trouble);
    if (standing.kind === 'decided') return await this.#conclude(asked, who, standing.tier, settled(standing), signal);
    return await this.#askInTurn(asked, who, options, signal);
  }

  /** How the action stands before anybody is asked; nothing is recorded. */
  standing(action: Action, asker: Asker, { allowed = [] }: AskOptions): Standing {
    return standingOf(action, asker, allowed, this.#standing);
  }

  /**
   * What the operator's rules deny this asker of the workspace: a wall around what it opens itself without asking.
   * @throws HostError `policy-invalid` for a rule file that is wrong
   */
  denials(asker: Asker): { readonly read: readonly Glob[]; readonly write: readonly Glob[] } {
    const rules = this.#ports.rules();
    return { read: rules.denials('WorkspaceRead', asker), write: rules.denials('WorkspaceWrite', asker) };
  }

  /** Forgets what was answered for the session. */
  endSession(session: string): void {
    this.#session.forgetSession(session);
  }

  /** One question at a time for each person and channel; who waited meets what was answered meanwhile. */
  async #askInTurn<K extends ActionKind>(
    action: ActionOf<K>,
    asker: Asker,
    options: AskOptions,
    signal: AbortSignal,
  ): Promise<Permit<K> | Denied<K>> {
    const same = JSON.stringify([action, asker, options]);
    const shared = this.#asking.get(same) ?? {};
    this.#asking.set(same, shared);
    const forget = (): void => {
      if (this.#asking.get(same) === shared) this.#asking.delete(same);
    };
    const answer = await this.#lanes
      .run(
        JSON.stringify([asker.channel, asker.person]),
        async () => {
          const standing = this.standing(action, asker, options);
          if (standing.kind === 'decided')
            return await this.#conclude(action, asker, standing.tier, settled(standing), signal);
          if (shared.refusal !== undefined)
            return await this.#conclude(action, asker, standing.tier, shared.refusal, signal);
          const reply = await this.#put(action, asker, options, standing, signal);
          const outcome = this.#outcomeOf(reply, action, asker, options, standing);
          if (outcome.decision === 'denied') {
            shared.refusal = outcome;
            // Whoever asks from now on asks anew.
            forget();
          }
          const concluded = await this.#conclude(action, asker, standing.tier, outcome, signal);
          if (outcome.decision === 'denied' || concluded.kind === 'permit')
            this.#remember(action, standing.binding, outcome);
          return concluded;
        },
        signal,
      )
      .finally(forget);
    if (answer !== 'full') return answer;
    const { tier } = this.standing(action, asker, options);
    const outcome = nobody('too many questions wait already', 'Answer those first, then try again.');
    return await this.#conclude(action, asker, tier, outcome, signal);
  }

  async #put(
    action: Action,
    asker: Asker,
    options: AskOptions,
    open: Open,
    signal: AbortSignal,
  ): Promise<Reply | 'closed'> {
    const { approver, answerWithinMs = DEFAULT_ANSWER_WITHIN_MS } = this.#ports;
    if (open.tier === 3 && !this.#isOpenForTier3(asker.channel)) return 'closed';
    if (approver === undefined) return { kind: 'unavailable' };
    const question: Question = {
      action,
      tier: open.tier,
      asker,
      text: questionText(action),
      ...(options.args === undefined ? {} : { args: options.args }),
      why: `tier ${open.tier}: ${open.because}`,
      pattern: exactTarget(action, open.subject) ?? action.kind,
      choices: open.choices,
      ...(open.tier === 3 ? { word: wordOf(action) } : {}),
    };
    return await putQuestion(approver, question, answerWithinMs, signal);
  }

  #isOpenForTier3(channel: string): boolean {
    return this.#ports.tier3Open?.(channel) ?? (channel === 'cli' || channel === 'chat');
  }

  #outcomeOf(reply: Reply | 'closed', action: Action, asker: Asker, options: AskOptions, open: Open): Outcome {
    if (reply === 'closed')
      return nobody(
        `tier ${open.tier} is not answered on ${asker.channel}`,
        remedyForChannel(open.tier, asker.channel),
      );
    if (reply.kind !== 'answered') {
      const why = reply.kind === 'failed' ? reply.error.message : UNANSWERED[reply.kind];
      return nobody(why, remedyWithoutPerson(action, open.subject, asker));
    }
    const { choice } = reply;
    if (choice !== 'no' && choice !== 'never') {
      // What the operator forbade while the question was open stays forbidden.
      const now = this.standing(action, asker, options);
      if (now.kind === 'decided' && now.decision === 'denied') return settled(now);
    }
    const decision = ANSWERS[choice];
    return { decision, decider: 'person', rule: `answered ${choice}`, remembered: false, choice };
  }

  /** Records the decision, then makes the permit. */
  async #conclude<K extends ActionKind>(
    action: ActionOf<K>,
    asker: Asker,
    tier: Decision['tier'],
    { remedy, ...outcome }: Outcome,
    signal: AbortSignal,
  ): Promise<Permit<K> | Denied<K>> {
    const decision: Decision = { action, tier, asker, ...outcome };
    const denied = (decider: Decider, rule: string, what: string): Denied<K> => ({
      kind: 'denied',
      action,
      tier,
      decider,
      rule,
      message: DENIALS[decider](auditText(action), shown(rule)),
      remedy: what,
    });
    signal.throwIfAborted();
    try {
      await orAborted(this.#ports.log.record(decision), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TypeError) throw error;
      this.#ports.onUnrecorded?.(decision, error);
      if (decision.decision === 'allowed' && tier !== 1)
        return denied('log', 'the audit log cannot be written', LOG_REMEDY);
    }
    signal.throwIfAborted();
    if (decision.decision === 'allowed') return mint<K>(action, decision.decider);
    return denied(decision.decider, decision.rule, remedy ?? 'Ask again if it was meant.');
  }

  /** After the decision is durable. An answer that cannot be kept is still the answer to this question. */
  #remember(action: Action, binding: Binding | undefined, { choice }: Outcome): void {
    if (binding === undefined) return;
    if (choice !== 'always' && choice !== 'never' && choice !== 'session') return;
    const createdMs = this.#ports.clock.now();
    const expiresMs = createdMs + Math.min(this.#ports.rememberMs ?? DEFAULT_REMEMBER_MS, MAX_REMEMBER_MS);
    const { session, ...lasting } = binding;
    try {
      if (choice !== 'session') this.#ports.answers.add({ ...lasting, effect: choice, createdMs, expiresMs });
      else if (session !== undefined) this.#session.add({ ...lasting, session, effect: choice, createdMs, expiresMs });
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#ports.onUnremembered?.(action, error);
    }
  }
}

const ANSWERS = {
  once: 'allowed',
  session: 'allowed',
  always: 'allowed',
  never: 'denied',
  no: 'denied',
} as const satisfies Record<Choice, Decision['decision']>;

const UNANSWERED = {
  unavailable: 'nobody can be asked here',
  late: 'nobody answered in time',
  senseless: 'the answer was none of those that were offered',
} as const satisfies Record<Exclude<Reply['kind'], 'answered' | 'failed'>, string>;

const LOG_REMEDY = 'See to the audit log first (wirken doctor); until then only tier 1 is allowed.';

/** One sentence for a person: what was denied and by what. */
const DENIALS = {
  tier: (what, rule) => `Denied: ${what} (${rule}).`,
  rule: (what, rule) => `Denied by a rule: ${what}; ${rule}.`,
  option: (what, rule) => `Denied: ${what} (${rule}).`,
  remembered: (what, rule) => `Denied by an earlier answer: ${what}; ${rule}.`,
  person: (what) => `Denied by the person who was asked: ${what}.`,
  nobody: (what, rule) => `Denied: ${what}; ${rule}.`,
  log: (what, rule) => `Denied: ${what}; ${rule}.`,
} as const satisfies Record<Decider, (what: string, rule: string) => string>;

function settled(standing: Extract<Standing, { kind: 'decided' }>): Outcome {
  const { decision, decider, rule, recorded, remedy } = standing;
  return {
    decision,
    decider,
    rule,
    remembered: decider === 'remembered',
    ...(recorded === undefined || recorded === rule ? {} : { recorded }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function nobody(rule: string, remedy: string): Outcome {
  return { decision: 'denied', decider: 'nobody', rule, remembered: false, remedy };
}

/** The copy itself, from now on unchangeable all the way down. */
function frozen<T extends object>(copy: T): T {
  for (const member of Object.values(copy)) if (typeof member === 'object' && member !== null) frozen(member);
  return Object.freeze(copy);
}
