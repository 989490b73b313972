/**
 * Everything that wirken may do on someone's behalf. The kinds appear as `action_variant` in the audit log and as VARIANT on the
 * command line: they are a contract.
 * Paths are relative to the workspace, canonical, `/`-separated.
 */
export type Action =
  | SkillRun
  | { readonly kind: 'WorkspaceRead'; readonly path: string }
  | {
      readonly kind: 'WorkspaceWrite';
      readonly path: string;
      /** Whether the file is not there yet. */
      readonly creates: boolean;
      /** Whether it lies inside the globs that the asking skill was granted. */
      readonly granted: boolean;
    }
  | { readonly kind: 'WorkspaceDelete'; readonly path: string }
  | { readonly kind: 'ChannelReply'; readonly conversation: string }
  | { readonly kind: 'WebSearch'; readonly query: string }
  | { readonly kind: 'MemoryRead'; readonly key: string }
  | { readonly kind: 'MemoryWrite'; readonly key: string }
  | { readonly kind: 'CredentialUse'; readonly name: string }
  | { readonly kind: 'ScheduleCreate'; readonly schedule: string; readonly task: string }
  | { readonly kind: 'SkillInstall'; readonly name: string; readonly digest: string }
  | { readonly kind: 'NetworkRequest'; readonly method: string; readonly url: string }
  | { readonly kind: 'ShellExec'; readonly argv: readonly string[] }
  | {
      readonly kind: 'McpToolCall';
      readonly server: string;
      readonly tool: string;
      /** What the server's pinned definition says. */
      readonly readOnly: boolean;
    }
  /** To a conversation that is not the asking one. */
  | { readonly kind: 'MessageSend'; readonly channel: string; readonly conversation: string }
  | { readonly kind: 'AgentSpawn'; readonly agent: string }
  | { readonly kind: 'CrossChannelRead'; readonly from: string }
  | { readonly kind: 'ToolUnknown'; readonly name: string };

interface SkillRun {
  readonly kind: 'SkillRun';
  readonly skill: string;
  readonly tool: string;
  /** The bundle digest: the permit pays for this very code. */
  readonly digest: string;
  readonly trust: 'root-delegated' | 'self-signed' | 'dev';
  /** What the manifest asks for beyond reading. */
  readonly asks: { readonly write: boolean; readonly network: boolean; readonly secrets: boolean };
}

export type ActionKind = Action['kind'];

export type ActionOf<K extends ActionKind> = Extract<Action, { readonly kind: K }>;

/** 1: allowed and recorded. 2: asked once, remembered. 3: asked every time. */
export type Tier = 1 | 2 | 3;

/** Who wants it, from where, and with which code: what a remembered answer is bound to. */
export interface Asker {
  readonly session: string;
  readonly agent: string;
  /** `cli`, `chat`, or a channel's name. */
  readonly channel: string;
  readonly person: string;
  /** Where the workspace truly lies, if there is one: paths are relative to it, and programs start in it. */
  readonly workspace?: string;
  /** The code that asks; absent when a person or a built-in tool does. */
  readonly skill?: {
    readonly name: string;
    /** The bundle digest. */
    readonly digest: string;
    readonly publisher: string;
    readonly trust: 'root-delegated' | 'self-signed' | 'dev';
  };
  /** The tool of the skill, or the built-in tool. */
  readonly tool?: string;
}

/** What a decision rests on. */
export type Decider =
  /** Tier 1 without a rule. */
  | 'tier'
  | 'rule'
  /** `--yes` or `--allow` of the command. */
  | 'option'
  | 'remembered'
  | 'person'
  /** Nobody could be asked, or nobody answered in time. */
  | 'nobody'
  /** The log could not be written. */
  | 'log';
