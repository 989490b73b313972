import type { Action, ActionKind, Asker } from './action.ts';
import { exactPattern } from './pattern.ts';
import type { Subject } from './subject.ts';

/** What a remembered answer is good for: the same request, by the same code, of the same agent, on the same channel, for the same person. */
export interface Binding {
  readonly variant: ActionKind;
  /** Covers exactly what was asked. */
  readonly pattern: string;
  /** The bundle digest of the code that asked, or that would run; absent where no skill is part of it. */
  readonly digest?: string;
  readonly publisher?: string;
  readonly agent: string;
  readonly channel: string;
  readonly person: string;
  /** Of what is done in a workspace: `Makefile` of one project is not that of another. */
  readonly workspace?: string;
  /** Of an answer for one session, and of who asks. */
  readonly session?: string;
}

export interface RememberedAnswer extends Binding {
  /** The store gives it. */
  readonly id: string;
  readonly effect: 'always' | 'never' | 'session';
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** Where answers are kept. Several processes may use one store. Everything is synchronous: a question waits for it. */
export interface AnswerStore {
  /** The answers of exactly this binding that hold at `nowMs`; those of another session are none. @throws HostError */
  find(binding: Binding, nowMs: number): readonly RememberedAnswer[];
  /** Durable when it returns; takes the place of an earlier answer of the same binding. @throws HostError */
  add(answer: Omit<RememberedAnswer, 'id'>): RememberedAnswer;
  /** All that hold, the oldest first. @throws HostError */
  list(nowMs: number): readonly RememberedAnswer[];
  /** Whether there was one. Durable when it returns. @throws HostError */
  remove(id: string): boolean;
  /** Removes what does not hold any more; answers how many. @throws HostError */
  sweep(nowMs: number): number;
}

const DAY_MS = 86_400_000;
export const DEFAULT_REMEMBER_MS = 30 * DAY_MS;
/** Nothing is remembered for longer, whatever a store says. */
export const MAX_REMEMBER_MS = 366 * DAY_MS;
/** A clock may be set back by this much without anything being forgotten. */
export const CLOCK_SLACK_MS = 5 * 60_000;

/**
 * What a store goes by instead of the clock's bare word: never earlier than the latest time it has seen, so that nothing that is over
 * comes back. `setBack`: the clock went back by more than the slack; how much of an answer's time is over, nobody knows, so the store
 * forgets what it was allowed and starts from the new time.
 */
export function steadyTime(latestMs: number, nowMs: number): { readonly nowMs: number; readonly setBack: boolean } {
  const setBack = nowMs < latestMs - CLOCK_SLACK_MS;
  return { nowMs: setBack ? nowMs : Math.max(latestMs, nowMs), setBack };
}

/** Whether the answer holds at this time. One from the future does not: the clock was set back, and by how much nobody knows. */
export function holds({ createdMs, expiresMs }: RememberedAnswer, nowMs: number): boolean {
  return createdMs <= nowMs && nowMs < expiresMs && expiresMs - createdMs <= MAX_REMEMBER_MS;
}

/**
 * What an answer to this question would be bound to; `undefined` where it must not be remembered: no pattern covers the subject alone,
 * the code that asks is unsigned, or one skill would run another.
 */
export function bindingOf(action: Action, subject: Subject, asker: Asker): Binding | undefined {
  const { skill, agent, channel, person, session, workspace } = asker;
  if (skill?.trust === 'dev') return undefined;
  const runs = action.kind === 'SkillRun' ? action : undefined;
  if (runs?.trust === 'dev' || (runs !== undefined && skill !== undefined && skill.digest !== runs.digest))
    return undefined;
  const digest = runs?.digest ?? skill?.digest;
  const pattern = exactPattern(action.kind, subject);
  if (pattern === undefined) return undefined;
  return {
    variant: action.kind,
    pattern,
    agent,
    channel,
    person,
    session,
    ...(digest === undefined ? {} : { digest }),
    ...(skill === undefined ? {} : { publisher: skill.publisher }),
    ...(workspace === undefined || !IN_WORKSPACE[action.kind] ? {} : { workspace }),
  };
}

/** What a relative path is part of. */
const IN_WORKSPACE = {
  SkillRun: false,
  WorkspaceRead: true,
  WorkspaceWrite: true,
  WorkspaceDelete: true,
  ChannelReply: false,
  WebSearch: false,
  MemoryRead: false,
  MemoryWrite: false,
  CredentialUse: false,
  ScheduleCreate: false,
  SkillInstall: false,
  NetworkRequest: false,
  ShellExec: true,
  McpToolCall: false,
  MessageSend: false,
  AgentSpawn: false,
  CrossChannelRead: false,
  ToolUnknown: false,
} as const satisfies Record<ActionKind, boolean>;

/** Whether an answer given under the one binding serves a question under the other. */
export function sameBinding(given: RememberedAnswer, asked: Binding): boolean {
  return (
    given.variant === asked.variant &&
    given.pattern === asked.pattern &&
    given.digest === asked.digest &&
    given.publisher === asked.publisher &&
    given.agent === asked.agent &&
    given.channel === asked.channel &&
    given.person === asked.person &&
    given.workspace === asked.workspace &&
    (given.session === undefined ? given.effect !== 'session' : given.session === asked.session)
  );
}

/** For messages and the log; without the pattern, which may be someone's arguments. */
export function answerText({ id, effect, createdMs }: RememberedAnswer): string {
  return `remembered answer ${id} (${effect}, ${new Date(createdMs).toISOString().slice(0, 10)})`;
}
