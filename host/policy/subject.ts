import { MAX_NAME_BYTES, MAX_PATH_BYTES } from '../base/path-limits.ts';
import type { Action, ActionKind } from './action.ts';
import { type Authority, authorityOf, domainsOf } from './host.ts';
import { type ActionTable, lookUp } from './table.ts';

/** What an action is about, taken apart: what patterns are compared with. Joined text never is. */
export type Subject =
  | { readonly kind: 'path'; readonly segments: readonly string[]; readonly keys: readonly string[] }
  | ({ readonly kind: 'host'; readonly keys: readonly string[] } & Authority)
  | { readonly kind: 'argv'; readonly words: readonly string[]; readonly keys: readonly string[] }
  | { readonly kind: 'names'; readonly parts: readonly [string, string?]; readonly keys: readonly string[] };

/** An action that no rule can allow, for nobody could say what it is about. */
export interface Malformed {
  readonly kind: 'malformed';
  /** One clause. */
  readonly why: string;
}

/** How the patterns of a kind are written: `docs/permissions.md`. */
export type PatternForm =
  | { readonly kind: 'path' }
  | { readonly kind: 'host' }
  | { readonly kind: 'argv' }
  /** One name, or two with `between` between them; `names` says what they are. */
  | { readonly kind: 'names'; readonly names: readonly [string, string?]; readonly between: '/' | '@' };

const one = (name: string): PatternForm => ({ kind: 'names', names: [name], between: '/' });
const two = (first: string, second: string, between: '/' | '@' = '/'): PatternForm => ({
  kind: 'names',
  names: [first, second],
  between,
});
const PATH: PatternForm = { kind: 'path' };

export const PATTERN_FORMS = {
  SkillRun: two('skill', 'tool'),
  WorkspaceRead: PATH,
  WorkspaceWrite: PATH,
  WorkspaceDelete: PATH,
  ChannelReply: one('conversation'),
  WebSearch: one('query'),
  MemoryRead: one('key'),
  MemoryWrite: one('key'),
  CredentialUse: one('name'),
  ScheduleCreate: one('task'),
  SkillInstall: two('name', 'digest', '@'),
  NetworkRequest: { kind: 'host' },
  ShellExec: { kind: 'argv' },
  McpToolCall: two('server', 'tool'),
  MessageSend: two('channel', 'conversation'),
  AgentSpawn: one('agent'),
  CrossChannelRead: one('channel'),
  ToolUnknown: one('name'),
} as const satisfies Record<ActionKind, PatternForm>;

/** Bytes of a name, key, query or task; a person has to read it. */
export const MAX_NAME_TEXT_BYTES = 8192;
/** Bytes of all words of a command together, and how many words. */
export const MAX_ARGV_BYTES = 32_768;
export const MAX_ARGV_WORDS = 1024;

const SUBJECTS: ActionTable<Subject | Malformed> = {
  SkillRun: ({ skill, tool }) => names(skill, tool),
  WorkspaceRead: ({ path }) => pathSubject(path),
  WorkspaceWrite: ({ path }) => pathSubject(path),
  WorkspaceDelete: ({ path }) => pathSubject(path),
  ChannelReply: ({ conversation }) => names(conversation),
  WebSearch: ({ query }) => names(query),
  MemoryRead: ({ key }) => names(key),
  MemoryWrite: ({ key }) => names(key),
  CredentialUse: ({ name }) => names(name),
  ScheduleCreate: ({ schedule, task }) => {
    const checked = names(schedule);
    return checked.kind === 'malformed' ? checked : names(task);
  },
  SkillInstall: ({ name, digest }) => names(name, digest),
  NetworkRequest: ({ url }) => {
    const authority = authorityOf(url);
    return 'refused' in authority
      ? malformed(authority.refused)
      : { kind: 'host', ...authority, keys: domainsOf(authority.host) };
  },
  ShellExec: ({ argv }) => argvSubject(argv),
  McpToolCall: ({ server, tool }) => names(server, tool),
  MessageSend: ({ channel, conversation }) => names(channel, conversation),
  AgentSpawn: ({ agent }) => names(agent),
  CrossChannelRead: ({ from }) => names(from),
  ToolUnknown: ({ name }) => names(name),
};

/** What patterns see of the action. */
export function subjectOf(action: Action): Subject | Malformed {
  return lookUp(SUBJECTS, action);
}

function names(first: string, second?: string): Subject | Malformed {
  for (const name of second === undefined ? [first] : [first, second]) {
    if (name === '') return malformed('a name in it is empty');
    if (!name.isWellFormed()) return malformed('a name in it is no well-formed Unicode');
    if (name.length > MAX_NAME_TEXT_BYTES || Buffer.byteLength(name) > MAX_NAME_TEXT_BYTES)
      return malformed(`a text in it is longer than ${MAX_NAME_TEXT_BYTES} bytes`);
  }
  return { kind: 'names', parts: second === undefined ? [first] : [first, second], keys: [first] };
}

/** Paths come resolved: one that could mean another file is a way around a rule, so it is none. */
function pathSubject(path: string): Subject | Malformed {
  if (path === '.') return { kind: 'path', segments: [], keys: [] };
  if (!path.isWellFormed() || path.includes('\0')) return malformed('the path is no text that a file system takes');
  if (path.length > MAX_PATH_BYTES || Buffer.byteLength(path) > MAX_PATH_BYTES)
    return malformed(`the path is longer than ${MAX_PATH_BYTES} bytes`);
  const segments = path.split('/');
  const keys: string[] = [];
  let prefix = '';
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..') return malformed('the path is not canonical');
    if (segment.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(segment) > MAX_NAME_BYTES)
      return malformed(`a name in the path is longer than ${MAX_NAME_BYTES} bytes`);
    prefix = prefix === '' ? segment : `${prefix}/${segment}`;
    if (keys.length < MAX_KEYS) keys.push(prefix);
  }
  return { kind: 'path', segments, keys };
}

/** As many segments as a pattern may have. */
const MAX_KEYS = 30;

function argvSubject(argv: readonly string[]): Subject | Malformed {
  const [program] = argv;
  if (program === undefined || program === '') return malformed('the command names no program');
  if (argv.length > MAX_ARGV_WORDS) return malformed(`the command has more than ${MAX_ARGV_WORDS} words`);
  let bytes = 0;
  for (const word of argv) {
    if (!word.isWellFormed() || word.includes('\0')) return malformed('a word of the command is no text');
    bytes += Buffer.byteLength(word);
    if (bytes > MAX_ARGV_BYTES) return malformed(`the command is longer than ${MAX_ARGV_BYTES} bytes`);
  }
  return { kind: 'argv', words: argv, keys: [program] };
}

function malformed(why: string): Malformed {
  return { kind: 'malformed', why };
}
