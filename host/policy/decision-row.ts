import type { Json } from '../base/jcs.ts';
import type { Action } from './action.ts';
import type { EventDraft } from './event.ts';
import type { Decision } from './gate-ports.ts';
import { authorityOf } from './host.ts';
import { type ActionTable, lookUp } from './table.ts';

/** Of a subject in the log; longer ones are cut. */
const MAX_SUBJECT_CHARS = 4096;

/** What stands in the clear for ever: names, paths and hosts, and no arguments. */
const SUBJECT_TEXTS: ActionTable<string> = {
  SkillRun: ({ skill, tool }) => `${skill}/${tool}`,
  WorkspaceRead: ({ path }) => path,
  WorkspaceWrite: ({ path }) => path,
  WorkspaceDelete: ({ path }) => path,
  ChannelReply: ({ conversation }) => conversation,
  WebSearch: () => '',
  MemoryRead: ({ key }) => key,
  MemoryWrite: ({ key }) => key,
  CredentialUse: ({ name }) => name,
  ScheduleCreate: ({ schedule }) => schedule,
  SkillInstall: ({ name, digest }) => `${name}@${digest}`,
  NetworkRequest: ({ url }) => {
    const authority = authorityOf(url);
    return 'refused' in authority ? '' : `${authority.host}:${authority.port}`;
  },
  ShellExec: ({ argv: [program = ''] }) => program,
  McpToolCall: ({ server, tool }) => `${server}/${tool}`,
  MessageSend: ({ channel, conversation }) => `${channel}/${conversation}`,
  AgentSpawn: ({ agent }) => agent,
  CrossChannelRead: ({ from }) => from,
  ToolUnknown: ({ name }) => name,
};

/** What can be removed later: queries, tasks, URLs and the words of commands. */
const REQUESTS: ActionTable<Json | undefined> = {
  SkillRun: nothing,
  WorkspaceRead: nothing,
  WorkspaceWrite: nothing,
  WorkspaceDelete: nothing,
  ChannelReply: nothing,
  WebSearch: ({ query }) => plain(query),
  MemoryRead: nothing,
  MemoryWrite: nothing,
  CredentialUse: nothing,
  ScheduleCreate: ({ task }) => plain(task),
  SkillInstall: nothing,
  NetworkRequest: ({ method, url }) => ({ method: plain(method), url: plain(url) }),
  ShellExec: ({ argv }) => argv.map(plain),
  McpToolCall: nothing,
  MessageSend: nothing,
  AgentSpawn: nothing,
  CrossChannelRead: nothing,
  ToolUnknown: nothing,
};

/** What an action is about, as `permission.decision` says it in the clear. Not escaped. */
export function subjectText(action: Action): string {
  const text = plain(lookUp(SUBJECT_TEXTS, action));
  return text.length > MAX_SUBJECT_CHARS ? `${text.slice(0, MAX_SUBJECT_CHARS)}…`.toWellFormed() : text;
}

/**
 * The row of a decision: `detail` has `action_variant`, `tier`, `decision`, `decider`, `remembered`, `rule`, `subject`, the `choice` of
 * a person, `skill` and `skill_digest` of the code that asked, its `tool`; the redactable `request` where the words of the request are more than its subject,
 * and `rule_text` where those of the rule are more than `rule`.
 */
export function decisionRow({
  action,
  tier,
  asker,
  decision,
  decider,
  remembered,
  rule,
  recorded,
  choice,
}: Decision): EventDraft {
  const request = lookUp(REQUESTS, action);
  return {
    session: asker.session,
    actor: 'gateway.permissions',
    action: 'permission.decision',
    channel: asker.channel,
    detail: {
      action_variant: action.kind,
      tier: `tier${tier}`,
      decision,
      decider,
      remembered,
      rule: plain(recorded ?? rule),
      subject: subjectText(action),
      agent: asker.agent,
      person: asker.person,
      ...(choice === undefined ? {} : { choice }),
      ...(asker.skill === undefined ? {} : { skill: asker.skill.name, skill_digest: asker.skill.digest }),
      ...(asker.tool === undefined ? {} : { tool: asker.tool }),
    },
    ...(request === undefined && recorded === undefined
      ? {}
      : {
          redactable: {
            ...(request === undefined ? {} : { request }),
            ...(recorded === undefined ? {} : { rule_text: plain(rule) }),
          },
        }),
  };
}

function nothing(): undefined {
  return undefined;
}

/** The log takes no ill-formed Unicode; a refusal of such a text is recorded all the same. */
function plain(text: string): string {
  return text.toWellFormed();
}
