import type { Json } from '../../base/jcs.ts';
import { resolveReference } from '../../skill/schema/compile.ts';
import { isObject, typeOf } from '../../skill/schema/check.ts';
import type { TypeName } from '../../skill/schema/check.ts';
import { isList } from '../../skill/schema/budget.ts';
import type { JsonSchema, Tool } from '../../skill/skill.ts';

/** What a parameter's word may become. */
export interface ValueShape {
  /** The types that the schema lets through; all of them if it says nothing. */
  readonly types: ReadonlySet<TypeName>;
  /** The values that `enum` or `const` list. */
  readonly values?: readonly Json[];
  /** Of each item, if an array may be one of the types. */
  readonly items?: ValueShape;
}

export interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly shape: ValueShape;
  /** A boolean, or null: `--name` alone says true. */
  readonly flag: boolean;
  /** An array, or null: values gather. */
  readonly many: boolean;
  readonly description?: string;
}

const ALL_TYPES: readonly TypeName[] = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];
const MAX_FOLLOWED = 8;

/** The parameters of a tool in schema order. Only what stands in `properties` has a name here. */
export function parametersOf(tool: Tool): readonly Parameter[] {
  const root = tool.parameters;
  const properties = root['properties'];
  if (properties === undefined || !isObject(properties)) return [];
  const required = root['required'] ?? [];
  return Object.entries(properties).map(([name, schema]) => {
    const shape = shapeOf(schema, root, 0);
    const only = (wanted: TypeName): boolean =>
      shape.types.has(wanted) && [...shape.types].every((type) => type === wanted || type === 'null');
    const described = isObject(schema) ? schema['description'] : undefined;
    return {
      name,
      required: isList(required) && required.includes(name),
      shape,
      flag: only('boolean'),
      many: only('array'),
      ...(typeof described === 'string' ? { description: described } : {}),
    };
  });
}

function shapeOf(untrusted: Json, root: JsonSchema, followed: number): ValueShape {
  const all: ValueShape = { types: new Set(ALL_TYPES) };
  if (!isObject(untrusted) || followed > MAX_FOLLOWED) return all;
  const { type, enum: values, anyOf, oneOf, $ref: reference, items } = untrusted;
  if (values !== undefined && isList(values)) return { types: new Set(values.map(typeOf)), values };
  if (untrusted['const'] !== undefined) {
    return { types: new Set([typeOf(untrusted['const'])]), values: [untrusted['const']] };
  }
  if (type !== undefined) {
    const names = isList(type) ? type : [type];
    const types = new Set(ALL_TYPES.filter((name) => names.includes(name)));
    if (types.has('number')) types.add('integer');
    return types.has('array') ? { types, items: shapeOf(items ?? true, root, followed + 1) } : { types };
  }
  if (typeof reference === 'string') {
    const target = resolveReference(root, reference);
    return target === undefined ? all : shapeOf(target, root, followed + 1);
  }
  const choices = anyOf ?? oneOf;
  if (choices === undefined || !isList(choices) || choices.length === 0) return all;
  return union(choices.map((choice) => shapeOf(choice, root, followed + 1)));
}

function union(shapes: readonly ValueShape[]): ValueShape {
  const types = new Set(shapes.flatMap((shape) => [...shape.types]));
  const items = shapes.flatMap((shape) => (shape.items === undefined ? [] : [shape.items]));
  const values = shapes.every((shape) => shape.values !== undefined)
    ? shapes.flatMap((shape) => shape.values ?? [])
    : undefined;
  return {
    types,
    ...(values === undefined ? {} : { values }),
    ...(items.length === 0 ? {} : { items: items.length === 1 && items[0] ? items[0] : union(items) }),
  };
}
