/** A JSON Schema 2020-12. */
export type JsonSchema = {
  readonly [keyword: string]: unknown;
};
declare const type: unique symbol;
/** What a value looks like: to the host a JSON Schema, to the compiler the type `T`. */
export interface Schema<T> {
  readonly json: JsonSchema;
  readonly [type]?: T;
}
/** A member that may be absent. */
export interface Optional<T> extends Schema<T | undefined> {
  readonly optional: true;
}
export type Infer<S> = S extends Schema<infer T> ? T : never;
/** Members of an object by name. */
export type Shape = {
  readonly [name: string]: Schema<unknown>;
};
type OptionalNames<P extends Shape> = {
  [K in keyof P]: P[K] extends {
    readonly optional: true;
  }
    ? K
    : never;
}[keyof P];
/** The object that a shape describes. */
export type InferShape<P extends Shape> = {
  readonly [K in Exclude<keyof P, OptionalNames<P>>]: Infer<P[K]>;
} & {
  readonly [K in OptionalNames<P>]?: Exclude<Infer<P[K]>, undefined>;
};
interface About {
  /** Shown to people and models. */
  readonly description?: string;
}
interface Text extends About {
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A regular expression. */
  readonly pattern?: string;
  readonly default?: string;
}
interface Amount extends About {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
}
interface List extends About {
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}
/** Makes schemas. */
export declare const t: {
  string: (about?: Text) => Schema<string>;
  number: (about?: Amount) => Schema<number>;
  integer: (about?: Amount) => Schema<number>;
  boolean: (
    about?: About & {
      readonly default?: boolean;
    },
  ) => Schema<boolean>;
  /** One of these texts. */
  oneOf: <const V extends readonly [string, ...string[]]>(
    values: V,
    about?: About & {
      readonly default?: V[number];
    },
  ) => Schema<V[number]>;
  array: <T>(items: Schema<T>, about?: List) => Schema<readonly T[]>;
  object: <P extends Shape>(properties: P, about?: About) => Schema<InferShape<P>>;
  /** An object of any members, all of one kind. */
  record: <T>(
    values: Schema<T>,
    about?: About,
  ) => Schema<{
    readonly [name: string]: T;
  }>;
  /** Anything that JSON can say. */
  any: (about?: About) => Schema<unknown>;
  nullable: <T>(inner: Schema<T>) => Schema<T | null>;
  /** A member that may be absent. */
  optional: <T>(inner: Schema<T>) => Optional<T>;
};

/** An error that is part of what a tool says: its message goes to whoever called, without a trace of the code. */
export declare class SkillError extends Error {
  readonly name = 'SkillError';
  /** A stable word for programs. */
  readonly code: string;
  /** The exit code of the call, 1 to 63. */
  readonly exit: number;
  constructor(code: string, message: string, exit?: number);
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
}
export interface FileInfo {
  readonly kind: Entry['kind'];
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}
/**
 * A directory. Paths are relative to it and separated by `/`. Each method throws a `SkillError` with a code (`not-found`,
 * `not-granted`, `is-directory` …) and the exit code 2 if the system refuses.
 */
export interface Workspace {
  /** A file as text. */
  readText(path: string): string;
  readBytes(path: string): Uint8Array;
  /** Replaces a file, or makes it; the directories on the way are made. */
  write(path: string, content: string | Uint8Array): void;
  /** What a directory holds, sorted by name; only what was granted is seen. */
  list(path?: string): readonly Entry[];
  /** Every file beneath a directory, by its path from the root. */
  walk(path?: string): Generator<string>;
  /** `undefined` if it is not there, or not granted. */
  stat(path: string): FileInfo | undefined;
  exists(path: string): boolean;
  remove(path: string): void;
  rename(from: string, to: string): void;
}

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
export declare function tool<const P extends Shape, O = unknown>(spec: Tool<P, O>): Tool<P, O>;
/** A tool without `tool()` around it: its arguments are known to the compiler, its answer is looked at when it comes. */
type Loose<P extends Shape> = Omit<Tool<P>, 'run' | 'output'> & {
  /** A schema; as a type it would reach into `tool()` and stand for the one that is missing there. */
  readonly output?: unknown;
  readonly run: (args: InferShape<P>, context: Context) => unknown;
};
/** What a module of a skill exports by default. */
export interface Skill {
  readonly tools: {
    readonly [name: string]: AnyTool;
  };
}
/** A tool whatever its types are. */
export interface AnyTool extends Describes {
  readonly parameters: Shape;
  readonly output?: Schema<unknown>;
  readonly run: (args: never, context: Context) => unknown;
}
/** A skill: `export default defineSkill({ tools: { … } })`. */
export declare function defineSkill<
  P extends {
    readonly [name: string]: Shape;
  },
>(skill: {
  readonly tools: {
    readonly [K in keyof P]: Loose<P[K]>;
  };
}): Skill;

declare global {
  class TextEncoder {
    encode(text?: string): Uint8Array;
  }
  class TextDecoder {
    constructor(label?: string);
    decode(bytes?: Uint8Array | ArrayBuffer): string;
  }
  const console: { [level in 'log' | 'info' | 'warn' | 'error' | 'debug']: (...values: readonly unknown[]) => void };
}
