import type { Action, ActionKind, ActionOf } from './action.ts';

/** One entry for each kind of action, and none missing. */
export type ActionTable<Answer, Context = undefined> = {
  readonly [K in ActionKind]: (action: ActionOf<K>, context: Context) => Answer;
};

/**
 * What the table says of this action.
 * @throws TypeError for a kind that is none; names that every object inherits are none either.
 */
export function lookUp<Answer>(table: ActionTable<Answer>, action: Action): Answer;
export function lookUp<Answer, Context>(table: ActionTable<Answer, Context>, action: Action, context: Context): Answer;
export function lookUp<Answer, Context>(
  table: ActionTable<Answer, Context>,
  action: Action,
  context?: Context,
): Answer {
  if (!isActionKind(action.kind)) throw new TypeError(`no kind of action: ${String(action.kind)}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the entry takes the kind that its key names, which the compiler does not relate
  const entry = table[action.kind] as (action: Action, context: Context | undefined) => Answer;
  return entry(action, context);
}

const KINDS = {
  SkillRun: true,
  WorkspaceRead: true,
  WorkspaceWrite: true,
  WorkspaceDelete: true,
  ChannelReply: true,
  WebSearch: true,
  MemoryRead: true,
  MemoryWrite: true,
  CredentialUse: true,
  ScheduleCreate: true,
  SkillInstall: true,
  NetworkRequest: true,
  ShellExec: true,
  McpToolCall: true,
  MessageSend: true,
  AgentSpawn: true,
  CrossChannelRead: true,
  ToolUnknown: true,
} as const satisfies Record<ActionKind, true>;

/** Every VARIANT, in the order of the documentation. */
export const ACTION_KINDS: readonly ActionKind[] = Object.keys(KINDS).filter(isActionKind);

/** Whether this is a VARIANT as it is written. */
export function isActionKind(untrusted: string): untrusted is ActionKind {
  return Object.hasOwn(KINDS, untrusted);
}
