import { type Clock, fixedClock } from '../base/ports.ts';
import type { Action, ActionKind, ActionOf, Asker } from './action.ts';
import type { Approver, AskOptions, Choice, Decision, DecisionLog, Question } from './gate-ports.ts';
import { Gate, type GatePorts } from './gate.ts';
import { MemoryAnswers } from './memory-answers.ts';
import type { Permit } from './permit.ts';
import { parseRule, type RuleText } from './rule.ts';
import { NO_RULES, RuleSet } from './rules.ts';

export const TEST_CLOCK: Clock = fixedClock('2026-05-04T12:00:00Z');

/** A person on the command line, with a built-in tool. */
export const TEST_ASKER: Asker = { session: 'cli-test', agent: 'main', channel: 'cli', person: 'anna' };

/** A self-signed skill that asks for her. */
export const TEST_SKILL: NonNullable<Asker['skill']> = {
  name: 'lyrik',
  digest: 'a'.repeat(64),
  publisher: 'b'.repeat(64),
  trust: 'self-signed',
};

/** One action of each kind, of the highest tier that it can have. */
export const TEST_ACTIONS: { readonly [K in ActionKind]: ActionOf<K> } = {
  SkillRun: {
    kind: 'SkillRun',
    skill: 'lyrik',
    tool: 'scan',
    digest: TEST_SKILL.digest,
    trust: 'self-signed',
    asks: { write: false, network: false, secrets: false },
  },
  WorkspaceRead: { kind: 'WorkspaceRead', path: 'src/a.ts' },
  WorkspaceWrite: { kind: 'WorkspaceWrite', path: 'src/a.ts', creates: false, granted: false },
  WorkspaceDelete: { kind: 'WorkspaceDelete', path: 'src/a.ts' },
  ChannelReply: { kind: 'ChannelReply', conversation: 'c1' },
  WebSearch: { kind: 'WebSearch', query: 'weather' },
  MemoryRead: { kind: 'MemoryRead', key: 'k' },
  MemoryWrite: { kind: 'MemoryWrite', key: 'k' },
  CredentialUse: { kind: 'CredentialUse', name: 'token' },
  ScheduleCreate: { kind: 'ScheduleCreate', schedule: '0 7 * * *', task: 'news' },
  SkillInstall: { kind: 'SkillInstall', name: 'lyrik', digest: TEST_SKILL.digest },
  NetworkRequest: { kind: 'NetworkRequest', method: 'GET', url: 'https://api.example.com/v1' },
  ShellExec: { kind: 'ShellExec', argv: ['make', 'all'] },
  McpToolCall: { kind: 'McpToolCall', server: 'github', tool: 'push', readOnly: false },
  MessageSend: { kind: 'MessageSend', channel: 'telegram', conversation: 'c2' },
  AgentSpawn: { kind: 'AgentSpawn', agent: 'helper' },
  CrossChannelRead: { kind: 'CrossChannelRead', from: 'telegram' },
  ToolUnknown: { kind: 'ToolUnknown', name: 'mystery' },
};

/** A log in memory; `broken` makes every row fail from then on. */
export class RecordedLog implements DecisionLog {
  readonly decisions: Decision[] = [];
  broken: Error | undefined;

  async record(decision: Decision): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    this.decisions.push(decision);
  }
}

/** Answers what it is told, one after the other, then the last again; remembers what it was asked. */
export class ScriptedApprover implements Approver {
  readonly questions: Question[] = [];
  readonly #answers: (Choice | 'unavailable')[];

  constructor(...answers: readonly (Choice | 'unavailable')[]) {
    this.#answers = [...answers];
  }

  async ask(question: Question): Promise<Choice | 'unavailable'> {
    this.questions.push(question);
    const [next = 'unavailable'] = this.#answers.length > 1 ? this.#answers.splice(0, 1) : this.#answers;
    return next;
  }
}

/** Answers when it is told to, question by question. */
export class WaitingApprover implements Approver {
  readonly questions: Question[] = [];
  readonly #waiting: ((choice: Choice) => void)[] = [];

  get open(): number {
    return this.#waiting.length;
  }

  ask(question: Question): Promise<Choice> {
    this.questions.push(question);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  answer(choice: Choice): void {
    this.#waiting.shift()?.(choice);
  }
}

/** A rule set of rules as they are written, each on a line of its own. */
export function testRules(...rules: readonly RuleText[]): RuleSet {
  if (rules.length === 0) return NO_RULES;
  const parsed = rules.map((rule, index) => parseRule(rule, { line: index + 1, column: 1 }));
  return new RuleSet(parsed, 'permissions.yaml');
}

export interface TestGate {
  readonly gate: Gate;
  readonly log: RecordedLog;
  readonly answers: MemoryAnswers;
}

/** A real gate over a log and answers in memory; no rules and nobody to ask unless given. */
export function testGate(ports: Partial<GatePorts> = {}): TestGate {
  const log = new RecordedLog();
  const answers = new MemoryAnswers();
  const gate = new Gate({ rules: () => NO_RULES, answers, log, clock: TEST_CLOCK, ...ports });
  return { gate, log, answers };
}

/** A permit for the action, from a real gate whose person says yes to everything. */
export async function permitFor<K extends ActionKind>(
  action: ActionOf<K> & { readonly kind: K },
  asker: Asker = TEST_ASKER,
): Promise<Permit<K>> {
  const { gate } = testGate({ approver: new ScriptedApprover('once'), tier3Open: () => true });
  const answer = await gate.ask<K>(action, asker, {}, new AbortController().signal);
  if (answer.kind === 'denied') throw new TypeError(answer.message);
  return answer;
}

/** One question, to a gate, without a deadline. */
export async function askGate(
  gate: Gate,
  action: Action,
  asker: Asker = TEST_ASKER,
  options: AskOptions = {},
): Promise<Awaited<ReturnType<Gate['ask']>>> {
  return await gate.ask(action, asker, options, new AbortController().signal);
}
