import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import type { Action, ActionKind, ActionOf } from './action.ts';
import { readArgvPattern } from './argv-pattern.ts';
import { ACTION_KINDS, isActionKind } from './table.ts';

/** What `permission test` cannot know from a text: it takes the case that asks most. */
type Reader<K extends ActionKind> = (text: string) => ActionOf<K>;

const READERS: { readonly [K in ActionKind]: Reader<K> } = {
  SkillRun: (text) => {
    const [skill, tool] = twoNames('SkillRun', text, '/', false);
    const asks = { write: false, network: false, secrets: false };
    return { kind: 'SkillRun', skill, tool: tool ?? skill, digest: '', trust: 'self-signed', asks };
  },
  WorkspaceRead: (path) => ({ kind: 'WorkspaceRead', path }),
  WorkspaceWrite: (path) => ({ kind: 'WorkspaceWrite', path, creates: false, granted: false }),
  WorkspaceDelete: (path) => ({ kind: 'WorkspaceDelete', path }),
  ChannelReply: (conversation) => ({ kind: 'ChannelReply', conversation }),
  WebSearch: (query) => ({ kind: 'WebSearch', query }),
  MemoryRead: (key) => ({ kind: 'MemoryRead', key }),
  MemoryWrite: (key) => ({ kind: 'MemoryWrite', key }),
  CredentialUse: (name) => ({ kind: 'CredentialUse', name }),
  ScheduleCreate: (task) => ({ kind: 'ScheduleCreate', schedule: 'any', task }),
  SkillInstall: (text) => {
    const [name, digest = 'any'] = twoNames('SkillInstall', text, '@', false);
    return { kind: 'SkillInstall', name, digest };
  },
  NetworkRequest: (text) => ({
    kind: 'NetworkRequest',
    method: 'GET',
    url: text.includes('://') ? text : `https://${text}/`,
  }),
  ShellExec: (text) => {
    const command = readArgvPattern(text);
    if ('refused' in command) throw unreadable('ShellExec', text, command.refused);
    if (command.open) throw unreadable('ShellExec', text, "has a * that is not quoted: write '*'");
    return { kind: 'ShellExec', argv: command.words };
  },
  McpToolCall: (text) => {
    const [server, tool = ''] = twoNames('McpToolCall', text, '/', true);
    return { kind: 'McpToolCall', server, tool, readOnly: false };
  },
  MessageSend: (text) => {
    const [channel, conversation = ''] = twoNames('MessageSend', text, '/', true);
    return { kind: 'MessageSend', channel, conversation };
  },
  AgentSpawn: (agent) => ({ kind: 'AgentSpawn', agent }),
  CrossChannelRead: (from) => ({ kind: 'CrossChannelRead', from }),
  ToolUnknown: (name) => ({ kind: 'ToolUnknown', name }),
};

/**
 * The action that `VARIANT:SUBJECT` stands for, `WorkspaceWrite:src/a.ts` or `ShellExec:git log` for instance: for `wirken permission
 * test`. What the text does not say is taken as the case that asks most: a self-signed skill, nothing granted, a tool that may write.
 * @throws HostError `usage`
 */
export function parseAction(untrusted: string): Action {
  const colon = untrusted.indexOf(':');
  const variant = colon < 0 ? untrusted : untrusted.slice(0, colon);
  if (!isActionKind(variant)) {
    throw new HostError('usage', `"${shown(variant, 64)}" is no variant`, {
      remedy: `Write VARIANT:SUBJECT; the variants are ${ACTION_KINDS.join(', ')}.`,
    });
  }
  const text = colon < 0 ? '' : untrusted.slice(colon + 1);
  if (text === '') throw unreadable(variant, text, 'is empty');
  return READERS[variant](text);
}

function twoNames(variant: ActionKind, text: string, between: string, both: boolean): readonly [string, string?] {
  const at = text.indexOf(between);
  if (at < 0 && both) throw unreadable(variant, text, `has no ${between} between its two names`);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function unreadable(variant: ActionKind, text: string, why: string): HostError {
  return new HostError('usage', `The subject "${shown(text, 128)}" of ${variant} ${shown(why, 256)}`, {
    remedy: 'Write VARIANT:SUBJECT, such as WorkspaceWrite:src/a.ts or NetworkRequest:api.example.com.',
  });
}
