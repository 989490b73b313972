import { type InferShape, type JsonSchema, objectOf, type Schema, type Shape } from './schema.ts';
import type { Workspace } from './workspace.ts';

export { t } from './schema.ts';
export type { Infer, InferShape, JsonSchema, Optional, Schema, Shape } from './schema.ts';
export { SkillError } from './error.ts';
export type { Entry, FileInfo, Workspace } from './workspace.ts';

/** What a tool is given besides its arguments. */
export interface Context {
  /** The files that the skill was granted. */
  readonly workspace: Workspace;
  /** The skill's own files, read-only: what lies beside SKILL.md. */
  readonly bundle: Workspace;
  /** Tells how far the work is. */
  progress(done: number, total?: number, message?: string): void;
  /** A line of the skill's log. */
  log(...values: readonly unknown[]): void;
}

interface Describes {
  /** What it does and when to use it: people and models choose by it. */
  readonly description: string;
  /** Changes nothing. */
  readonly readOnly?: boolean;
  /** Doing it twice does what doing it once does. */
  readonly idempotent?: boolean;
  /** JSON Pointer into the output: Markdown for a person. */
  readonly display?: string;
  /** JSON Pointer into the output: the exit code of `wirken skill run`, 0 to 63. */
  readonly exitCode?: string;
}

type Result<O> = unknown extends O ? string : O extends Schema<infer T> ? T : string;

/** One tool. With `output` it answers what that describes, without it a text. */
export interface Tool<P extends Shape, O = unknown> extends Describes {
  readonly parameters: P;
  readonly output?: O;
  readonly run: (args: InferShape<P>, context: Context) => Result<NoInfer<O>> | Promise<Result<NoInfer<O>>>;
}

/** The same tool; the compiler then knows what it has to answer as well. */
export function tool<const P extends Shape, O = unknown>(spec: Tool<P, O>): Tool<P, O> {
  return spec;
}

/** A tool without `tool()` around it: its arguments are known to the compiler, its answer is looked at when it comes. */
type Loose<P extends Shape> = Omit<Tool<P>, 'run' | 'output'> & {
  /** A schema; as a type it would reach into `tool()` and stand for the one that is missing there. */
  readonly output?: unknown;
  readonly run: (args: InferShape<P>, context: Context) => unknown;
};

/** What a module of a skill exports by default. */
export interface Skill {
  readonly tools: { readonly [name: string]: AnyTool };
}

/** A tool whatever its types are. */
export interface AnyTool extends Describes {
  readonly parameters: Shape;
  readonly output?: Schema<unknown>;
  readonly run: (args: never, context: Context) => unknown;
}

/** A skill: `export default defineSkill({ tools: { … } })`. */
export function defineSkill<P extends { readonly [name: string]: Shape }>(skill: {
  readonly tools: { readonly [K in keyof P]: Loose<P[K]> };
}): Skill {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `toolsOf` looks at what the types leave open
  return skill as unknown as Skill;
}

/** `tools` of the manifest, as the code has them. */
export function toolsOf({ tools }: Skill): readonly JsonSchema[] {
  return Object.entries(tools).map(([name, tool]) => {
    const { readOnly, idempotent } = tool;
    if (tool.output !== undefined && typeof tool.output.json !== 'object') {
      throw new TypeError(`the output of ${name} is no schema`);
    }
    return {
      name,
      description: tool.description,
      parameters: objectOf(tool.parameters),
      ...(tool.output === undefined ? {} : { output: tool.output.json }),
      ...(tool.display === undefined ? {} : { display: tool.display }),
      ...(tool.exitCode === undefined ? {} : { 'exit-code': tool.exitCode }),
      ...(readOnly === undefined && idempotent === undefined
        ? {}
        : {
            annotations: {
              ...(readOnly === undefined ? {} : { 'read-only': readOnly }),
              ...(idempotent === undefined ? {} : { idempotent }),
            },
          }),
    };
  });
}
