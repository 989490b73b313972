import type { Clock } from '../../base/ports.ts';
import type { Json } from '../../base/jcs.ts';
import type { Tool } from '../../skill/skill.ts';
import type { ProgressEvent } from '../../wasi/call.ts';
import type { History } from '../terminal/history.ts';

/** A skill as the chat shows it. Texts are the author's own, not yet made harmless. */
export interface ChatSkill {
  readonly name: string;
  readonly description: string;
  readonly version?: string;
  readonly argumentHint?: string;
  /** Whether `/name` reaches it. */
  readonly userInvocable: boolean;
  readonly tools: readonly Tool[];
  /** Who vouches for it, in a word or two of wirken's own. */
  readonly trust: string;
  /** What it was granted, one line an entry. */
  readonly permissions: readonly string[];
  /** The Markdown for a model. */
  readonly instructions: string;
}

/** What a call gave. Texts and values are the skill's own, not yet made harmless. */
export type ChatAnswer =
  | { readonly kind: 'markdown'; readonly text: string; readonly value?: Json; readonly exitCode: number }
  | { readonly kind: 'json'; readonly value: Json; readonly exitCode: number }
  | { readonly kind: 'text'; readonly text: string; readonly exitCode: number }
  /** Refused, failed or ended by a limit. `log` is the tail of the skill's stderr. */
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly remedy?: string;
      readonly log?: string;
    };

export interface RunOptions {
  readonly onProgress: (event: ProgressEvent) => void;
  /** Aborted by Ctrl-C and `/stop`; then `run` rejects with its reason. */
  readonly signal: AbortSignal;
  /** Hands the terminal to `ask` for as long as it takes: nothing else reads keys or writes meanwhile. */
  readonly question: <T>(ask: () => Promise<T>) => Promise<T>;
}

/** What a chat works with. */
export interface ChatPorts {
  skills(): Promise<readonly ChatSkill[]>;
  /** Runs a tool; its arguments are valid by its schema. Rejects with `signal.reason` if cancelled, otherwise never. */
  run(skill: ChatSkill, tool: Tool, args: { readonly [name: string]: Json }, options: RunOptions): Promise<ChatAnswer>;
  /** wirken's own tools, as commands see them. */
  readonly tools: readonly Tool[];
  /** Calls one of them, or a name that is none, which is refused; as `run` otherwise. */
  callTool(name: string, args: { readonly [name: string]: Json }, options: RunOptions): Promise<ChatAnswer>;
  /** Workspace paths that begin with the prefix, directories with a `/` behind. */
  files(prefix: string): Promise<readonly string[]>;
  /** How to configure a model, one sentence. */
  readonly modelHelp: string;
}

export interface ChatInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
}

export interface ChatOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a chat takes place. */
export interface ChatScene {
  readonly input: ChatInput;
  readonly output: ChatOutput;
  /** For progress and remarks. */
  readonly errors: ChatOutput;
  /** Whether `output` gets colour. */
  readonly colour: boolean;
  readonly history: History;
  readonly clock: Clock;
  /** Ends the chat. */
  readonly signal: AbortSignal;
}
