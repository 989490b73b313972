import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { isList } from './budget.ts';
import { attempt, fault, isObject } from './check.ts';
import type { At, Check, Marks, Run, SchemaCompiler, SchemaFault } from './check.ts';
import { countOf, listOf, membersOf, textOf } from './operand.ts';

type Applicator = (
  operand: Json,
  where: string,
  compiler: SchemaCompiler,
  schema: { readonly [keyword: string]: Json },
) => Check | undefined;

/** The keywords that apply schemas. Source: JSON Schema 2020-12 Core §8.2, §10. */
export const APPLICATOR_KEYWORDS: ReadonlyMap<string, Applicator> = new Map<string, Applicator>([
  ['$ref', (operand, where, compiler) => compiler.refer(textOf(operand, where), where)],
  ['$defs', definitions],
  ['allOf', (operand, where, compiler) => inPlace(alternatives(operand, where, compiler))],
  ['anyOf', (operand, where, compiler) => someOf(alternatives(operand, where, compiler), false)],
  ['oneOf', (operand, where, compiler) => someOf(alternatives(operand, where, compiler), true)],
  ['not', notKeyword],
  ['if', ifKeyword],
  ['dependentSchemas', dependentSchemas],
  ['properties', properties],
  ['patternProperties', patternProperties],
  ['additionalProperties', additionalProperties],
  ['propertyNames', propertyNames],
  ['prefixItems', prefixItems],
  ['items', items],
  ['contains', contains],
]);

/** Those that wait for all the others. Source: the same, §11. */
export const UNEVALUATED_KEYWORDS: ReadonlyMap<string, Applicator> = new Map<string, Applicator>([
  [
    'unevaluatedProperties',
    (operand, where, compiler) => {
      const check = compiler.compile(operand, where);
      return (value, at, run, marks) => eachMember(value, at, run, marks, check, (key) => !marks?.keys.has(key));
    },
  ],
  [
    'unevaluatedItems',
    (operand, where, compiler) => {
      const check = compiler.compile(operand, where);
      return (value, at, run, marks) =>
        eachItem(value, at, run, marks, (index) => (marks?.items.has(index) ? undefined : check));
    },
  ],
]);

/** Compiled to refuse what is malformed there, although nothing applies it by itself. */
function definitions(operand: Json, where: string, compiler: SchemaCompiler): undefined {
  for (const [name, schema] of membersOf(operand, where)) compiler.compile(schema, `${where}/${name}`);
}

function alternatives(operand: Json, where: string, compiler: SchemaCompiler): readonly Check[] {
  return listOf(operand, where).map((schema, index) => compiler.compile(schema, `${where}/${index}`));
}

function inPlace(checks: readonly Check[]): Check {
  return (value, at, run, marks) => {
    let valid = true;
    for (const check of checks) valid = check(value, at, run, marks) && valid;
    return valid;
  };
}

function someOf(checks: readonly Check[], exactlyOne: boolean): Check {
  return (value, at, run, marks) => {
    const results = checks.map((check) => attempt(check, value, at, run, marks));
    const matching = results.filter((result) => result.valid).length;
    if (matching === 1 || (matching > 1 && !exactlyOne)) return true;
    if (matching > 1) return fault(run, at, `matches ${matching} of the alternatives, where one is allowed`);
    if (results.length === 0) return fault(run, at, NO_MATCH);
    run.faults.push(...closest(results.map((result) => result.faults)));
    return false;
  };
}

const NO_MATCH = 'matches none of the alternatives';

/** The faults of the alternative that got deepest into the value: most likely the one that was meant. */
function closest(faults: readonly (readonly SchemaFault[])[]): readonly SchemaFault[] {
  const depth = (list: readonly SchemaFault[]): number =>
    Math.max(0, ...list.map(({ path }) => path.split('/').length));
  const deepest = Math.max(0, ...faults.map(depth));
  const best = faults.filter((list) => depth(list) === deepest);
  const [only] = best;
  if (best.length === 1 && only !== undefined) return only;
  const path = only?.[0]?.path ?? '';
  const messages = new Set(best.map((list) => list[0]?.message ?? '').filter((message) => message !== ''));
  return [{ path, message: [...messages].slice(0, 4).join(', or ') || NO_MATCH }];
}

function notKeyword(operand: Json, where: string, compiler: SchemaCompiler): Check {
  const check = compiler.compile(operand, where);
  return (value, at, run) =>
    !attempt(check, value, at, run, undefined).valid || fault(run, at, 'matches what is excluded here');
}

function ifKeyword(
  operand: Json,
  where: string,
  compiler: SchemaCompiler,
  schema: { readonly [keyword: string]: Json },
): Check {
  const condition = compiler.compile(operand, where);
  const then = compiler.compile(schema['then'] ?? true, where.replace(/if$/, 'then'));
  const otherwise = compiler.compile(schema['else'] ?? true, where.replace(/if$/, 'else'));
  return (value, at, run, marks) =>
    attempt(condition, value, at, run, marks).valid ? then(value, at, run, marks) : otherwise(value, at, run, marks);
}

function dependentSchemas(operand: Json, where: string, compiler: SchemaCompiler): Check {
  const checks = membersOf(operand, where).map(
    ([name, schema]) => [name, compiler.compile(schema, `${where}/${name}`)] as const,
  );
  return (value, at, run, marks) => {
    if (!isObject(value)) return true;
    let valid = true;
    for (const [name, check] of checks) if (Object.hasOwn(value, name)) valid = check(value, at, run, marks) && valid;
    return valid;
  };
}

function properties(operand: Json, where: string, compiler: SchemaCompiler): Check {
  const checks = membersOf(operand, where).map(
    ([name, schema]) => [name, compiler.compile(schema, `${where}/${name}`)] as const,
  );
  return (value, at, run, marks) => {
    if (!isObject(value)) return true;
    run.budget.spend(checks.length >>> 3);
    let valid = true;
    for (const [key, check] of checks) {
      if (!Object.hasOwn(value, key)) continue;
      valid = check(value[key] ?? null, { parent: at, key }, run, undefined) && valid;
      marks?.keys.add(key);
    }
    return valid;
  };
}

function patternProperties(operand: Json, where: string, compiler: SchemaCompiler): Check {
  const rules = membersOf(operand, where).map(
    ([source, schema]) => [compiler.pattern(source), compiler.compile(schema, `${where}/${source}`)] as const,
  );
  return (value, at, run, marks) => {
    let valid = true;
    for (const [pattern, check] of rules) {
      valid = eachMember(value, at, run, marks, check, (key) => pattern.test(key, run.budget.spend)) && valid;
    }
    return valid;
  };
}

function additionalProperties(
  operand: Json,
  where: string,
  compiler: SchemaCompiler,
  schema: { readonly [keyword: string]: Json },
): Check {
  const check = compiler.compile(operand, where);
  const named = new Set(membersOf(schema['properties'] ?? {}, where).map(([name]) => name));
  const patterns = membersOf(schema['patternProperties'] ?? {}, where).map(([source]) => compiler.pattern(source));
  return (value, at, run, marks) =>
    eachMember(
      value,
      at,
      run,
      marks,
      check,
      (key) => !named.has(key) && !patterns.some((pattern) => pattern.test(key, run.budget.spend)),
    );
}

function propertyNames(operand: Json, where: string, compiler: SchemaCompiler): Check {
  const check = compiler.compile(operand, where);
  return (value, at, run) => {
    if (!isObject(value)) return true;
    const bad = Object.keys(value).find((key) => !attempt(check, key, at, run, undefined).valid);
    return bad === undefined || fault(run, at, `must not have a member named ${shown(bad, 80)}`);
  };
}

function prefixItems(operand: Json, where: string, compiler: SchemaCompiler): Check {
  const checks = alternatives(operand, where, compiler);
  return (value, at, run, marks) => eachItem(value, at, run, marks, (index) => checks[index]);
}

function items(
  operand: Json,
  where: string,
  compiler: SchemaCompiler,
  schema: { readonly [keyword: string]: Json },
): Check {
  const check = compiler.compile(operand, where);
  const from = listOf(schema['prefixItems'] ?? [], where).length;
  return (value, at, run, marks) => eachItem(value, at, run, marks, (index) => (index < from ? undefined : check));
}

function contains(
  operand: Json,
  where: string,
  compiler: SchemaCompiler,
  schema: { readonly [keyword: string]: Json },
): Check {
  const check = compiler.compile(operand, where);
  const min = countOf(schema['minContains'] ?? 1, where);
  const max = schema['maxContains'] === undefined ? Infinity : countOf(schema['maxContains'], where);
  return (value, at, run, marks) => {
    if (!isList(value)) return true;
    let found = 0;
    for (const [key, item] of value.entries()) {
      if (!attempt(check, item, { parent: at, key }, run, undefined).valid) continue;
      found++;
      marks?.items.add(key);
    }
    if (found < min) return fault(run, at, `must contain at least ${min} items of a kind, and has ${found}`);
    return found <= max || fault(run, at, `must contain at most ${max} items of a kind, and has ${found}`);
  };
}

function eachMember(
  value: Json,
  at: At | undefined,
  run: Run,
  marks: Marks | undefined,
  check: Check,
  applies: (key: string) => boolean,
): boolean {
  if (!isObject(value)) return true;
  let valid = true;
  for (const [key, member] of Object.entries(value)) {
    run.budget.spend(1);
    if (!applies(key)) continue;
    valid = check(member, { parent: at, key }, run, undefined) && valid;
    marks?.keys.add(key);
  }
  return valid;
}

function eachItem(
  value: Json,
  at: At | undefined,
  run: Run,
  marks: Marks | undefined,
  checkOf: (index: number) => Check | undefined,
): boolean {
  if (!isList(value)) return true;
  let valid = true;
  for (const [key, item] of value.entries()) {
    const check = checkOf(key);
    if (check === undefined) continue;
    run.budget.spend(1);
    valid = check(item, { parent: at, key }, run, undefined) && valid;
    marks?.items.add(key);
  }
  return valid;
}
