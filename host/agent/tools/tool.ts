import type { Json } from '../../base/jcs.ts';
import type { ActionKind, ActionOf } from '../../policy/action.ts';
import type { Permit } from '../../policy/permit.ts';
import type { JsonSchema, ToolName } from '../../skill/skill.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import type { Arguments } from './arguments.ts';
import type { ExecPorts } from './exec/ports.ts';

/** What a call gave. */
export interface ToolResult {
  /** Valid by the tool's `output`; all its strings are well-formed. */
  readonly value: { readonly [member: string]: Json };
  /** The same for a model or a person to read. Untrusted: whoever shows it escapes it. */
  readonly text: string;
  /** 0–63 for `wirken tool run`; absent: 0. */
  readonly exitCode?: number;
}

/** What a tool works with. */
export interface ToolPorts {
  /** The workspace; read-only for a tool that only reads. */
  readonly dir: DirHandle;
  /** For `exec` alone. */
  readonly exec?: ExecPorts;
}

/** What is to be known about a tool before it is called. */
interface ToolFacts {
  readonly name: ToolName;
  /** For a model, and for a person. */
  readonly description: string;
  /** What every call of it is for the gate. */
  readonly kind: ActionKind;
  /** Of type object, closed. */
  readonly parameters: JsonSchema;
  readonly output: JsonSchema;
  /** Whether the result follows from the arguments and what the workspace answered, so that a journal of that replays it. */
  readonly deterministic: boolean;
  /** Whether the answer tells what stands in the file that the action names, although the action is no reading. */
  readonly tellsContent?: true;
  /** How much of the workspace it needs. */
  readonly access: 'read-only' | 'read-write';
}

/** A tool of wirken's own on the workspace. Arguments were validated by `parameters` before they come here. */
export interface ToolOf<K extends ActionKind> extends ToolFacts {
  readonly kind: K;
  /**
   * What the call would do; looks at the workspace, changes nothing. The path is the true one: no part of it is a symlink.
   * @throws HostError `path-invalid`, `path-escapes`, `not-found`, `io` …
   */
  actionOf(args: Arguments, ports: ToolPorts): ActionOf<K> | Promise<ActionOf<K>>;
  /**
   * Spends the permit and does what its action says. What the action names and what is there by now may differ: then it fails, and
   * nothing else is touched.
   * @throws HostError; `signal.reason`
   */
  run(permit: Permit<K>, args: Arguments, ports: ToolPorts, signal: AbortSignal): Promise<ToolResult>;
}

/** The same, whatever its kind. */
export interface BuiltinTool extends ToolFacts {
  /** Hands out the tool with its kind, so that action, permit and effect stay of one. */
  open<R>(use: <K extends ActionKind>(tool: ToolOf<K>) => R): R;
}

/** A tool whose calls can be replayed. */
export interface ReadingTool extends ToolOf<'WorkspaceRead'> {
  readonly deterministic: true;
  /** What `run` does once the permit is spent. `path` is the action's. */
  answer(path: string, args: Arguments, dir: DirHandle, signal: AbortSignal): Promise<ToolResult>;
}
