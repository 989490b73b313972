import { shown } from '../base/shown.ts';
import type { Action } from './action.ts';
import { exactArgv } from './argv-pattern.ts';
import { authorityOf } from './host.ts';
import { type ActionTable, lookUp } from './table.ts';

/** Everything that was not written here is quoted and stripped of what a terminal acts on; nothing is cut. */
function q(untrusted: string): string {
  return `"${shown(untrusted, untrusted.length).replaceAll('"', String.raw`\"`)}"`;
}

/** A host as the network takes it, in punycode; the URL itself where it is none. */
function hostOf(url: string): string {
  const authority = authorityOf(url);
  return 'refused' in authority ? q(url) : `${authority.host}:${authority.port}`;
}

function command(argv: readonly string[]): string {
  const text = exactArgv(argv);
  return text === undefined ? shown(JSON.stringify(argv), Number.MAX_SAFE_INTEGER) : shown(text, text.length);
}

const AUDIT_TEXTS: ActionTable<string> = {
  SkillRun: ({ skill, tool }) => `run ${q(tool)} of the skill ${q(skill)}`,
  WorkspaceRead: ({ path }) => `read ${q(path)}`,
  WorkspaceWrite: ({ path, creates }) => `${creates ? 'create' : 'change'} ${q(path)}`,
  WorkspaceDelete: ({ path }) => `delete ${q(path)}`,
  ChannelReply: ({ conversation }) => `answer in ${q(conversation)}`,
  WebSearch: ({ query }) => `search the web for ${q(query)}`,
  MemoryRead: ({ key }) => `read ${q(key)} from memory`,
  MemoryWrite: ({ key }) => `write ${q(key)} to memory`,
  CredentialUse: ({ name }) => `use the secret ${q(name)}`,
  ScheduleCreate: ({ schedule, task }) => `schedule ${q(task)} for ${q(schedule)}`,
  SkillInstall: ({ name, digest }) => `install the skill ${q(name)}, digest ${q(digest)}`,
  NetworkRequest: ({ method, url }) => `send a ${q(method)} request to ${hostOf(url)}: ${q(url)}`,
  ShellExec: ({ argv }) => `run ${command(argv)}`,
  McpToolCall: ({ server, tool }) => `call ${q(tool)} of the MCP server ${q(server)}`,
  MessageSend: ({ channel, conversation }) => `send a message to ${q(conversation)} on ${q(channel)}`,
  AgentSpawn: ({ agent }) => `start the agent ${q(agent)}`,
  CrossChannelRead: ({ from }) => `read what was said on ${q(from)}`,
  ToolUnknown: ({ name }) => `call the unknown tool ${q(name)}`,
};

const QUESTIONS: ActionTable<string> = {
  SkillRun: ({ skill, tool }) => `Run ${q(tool)} of the skill ${q(skill)}?`,
  WorkspaceRead: ({ path }) => `Read ${q(path)} in the workspace?`,
  WorkspaceWrite: ({ path, creates }) =>
    creates ? `Create the file ${q(path)} in the workspace?` : `Change the file ${q(path)} in the workspace?`,
  WorkspaceDelete: ({ path }) => `Delete ${q(path)} from the workspace?`,
  ChannelReply: ({ conversation }) => `Answer in the conversation ${q(conversation)}?`,
  WebSearch: ({ query }) => `Search the web for ${q(query)}?`,
  MemoryRead: ({ key }) => `Read ${q(key)} from memory?`,
  MemoryWrite: ({ key }) => `Write ${q(key)} to memory?`,
  CredentialUse: ({ name }) => `Use the secret ${q(name)}?`,
  ScheduleCreate: ({ schedule, task }) => `Run ${q(task)} at ${q(schedule)}, with nobody there to ask?`,
  SkillInstall: ({ name, digest }) => `Install the skill ${q(name)} with the digest ${q(digest)}?`,
  NetworkRequest: ({ method, url }) => `Send a ${q(method)} request to the host ${hostOf(url)}, to ${q(url)}?`,
  ShellExec: ({ argv }) => `Run the command ${command(argv)}?`,
  McpToolCall: ({ server, tool, readOnly }) =>
    `Call ${q(tool)} of the MCP server ${q(server)}${readOnly ? ', which says that it only reads' : ''}?`,
  MessageSend: ({ channel, conversation }) => `Send a message to ${q(conversation)} on ${q(channel)}?`,
  AgentSpawn: ({ agent }) => `Start the agent ${q(agent)}?`,
  CrossChannelRead: ({ from }) => `Read what was said on the channel ${q(from)}?`,
  ToolUnknown: ({ name }) => `Call ${q(name)}, a tool that nobody here knows?`,
};

/** Typed in full before a yes of tier 3 counts. None of it comes from outside. */
const WORDS: ActionTable<string> = {
  SkillRun: () => 'run',
  WorkspaceRead: () => 'read',
  WorkspaceWrite: () => 'write',
  WorkspaceDelete: () => 'delete',
  ChannelReply: () => 'answer',
  WebSearch: () => 'search',
  MemoryRead: () => 'read',
  MemoryWrite: () => 'write',
  CredentialUse: () => 'use',
  ScheduleCreate: () => 'schedule',
  SkillInstall: () => 'install',
  NetworkRequest: () => 'connect',
  ShellExec: () => 'run',
  McpToolCall: () => 'call',
  MessageSend: () => 'send',
  AgentSpawn: () => 'start',
  CrossChannelRead: () => 'read',
  ToolUnknown: () => 'call',
};

/** What is done, without a subject or a full stop: for messages and stories. Safe to show; on one line. */
export function auditText(action: Action): string {
  return lookUp(AUDIT_TEXTS, action);
}

/** The question that a person answers. Safe to show; on one line. */
export function questionText(action: Action): string {
  return lookUp(QUESTIONS, action);
}

export function wordOf(action: Action): string {
  return lookUp(WORDS, action);
}
