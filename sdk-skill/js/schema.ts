/** A JSON Schema 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

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
export type Shape = { readonly [name: string]: Schema<unknown> };

type OptionalNames<P extends Shape> = { [K in keyof P]: P[K] extends { readonly optional: true } ? K : never }[keyof P];

/** The object that a shape describes. */
export type InferShape<P extends Shape> = { readonly [K in Exclude<keyof P, OptionalNames<P>>]: Infer<P[K]> } & {
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

const schema = <T>(json: JsonSchema): Schema<T> => ({ json });

/** Makes schemas. */
export const t = {
  string: (about: Text = {}): Schema<string> => schema({ type: 'string', ...about }),
  number: (about: Amount = {}): Schema<number> => schema({ type: 'number', ...about }),
  integer: (about: Amount = {}): Schema<number> => schema({ type: 'integer', ...about }),
  boolean: (about: About & { readonly default?: boolean } = {}): Schema<boolean> =>
    schema({ type: 'boolean', ...about }),
  /** One of these texts. */
  oneOf: <const V extends readonly [string, ...string[]]>(
    values: V,
    about: About & { readonly default?: V[number] } = {},
  ): Schema<V[number]> => schema({ type: 'string', enum: [...values], ...about }),
  array: <T>(items: Schema<T>, about: List = {}): Schema<readonly T[]> =>
    schema({ type: 'array', items: items.json, ...about }),
  object: <P extends Shape>(properties: P, about: About = {}): Schema<InferShape<P>> =>
    schema({ ...objectOf(properties), ...about }),
  /** An object of any members, all of one kind. */
  record: <T>(values: Schema<T>, about: About = {}): Schema<{ readonly [name: string]: T }> =>
    schema({ type: 'object', additionalProperties: values.json, ...about }),
  /** Anything that JSON can say. */
  any: (about: About = {}): Schema<unknown> => schema({ ...about }),
  nullable: <T>(inner: Schema<T>): Schema<T | null> => schema({ anyOf: [inner.json, { type: 'null' }] }),
  /** A member that may be absent. */
  optional: <T>(inner: Schema<T>): Optional<T> => ({ json: inner.json, optional: true }),
};

/** The schema of an object with exactly these members. */
export function objectOf(shape: Shape): JsonSchema {
  const names = Object.keys(shape);
  const required = names.filter((name) => !('optional' in (shape[name] ?? {})));
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, shape[name]?.json])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}
