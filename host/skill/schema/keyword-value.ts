import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { Budget, isList } from './budget.ts';
import { fault, isObject, quoted, typeOf } from './check.ts';
import type { Check, TypeName } from './check.ts';
import { matchesFormat } from './format.ts';
import { countOf, finiteNumber, listOf, membersOf, schemaInvalid, textOf, textsOf } from './operand.ts';
import type { LinearPattern } from './pattern.ts';

interface Patterns {
  pattern(source: string): LinearPattern;
}

type ValueKeyword = (operand: Json, where: string, compiler: Patterns) => Check | undefined;

const TYPES: readonly TypeName[] = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];

/** The keywords that look at the value alone. Source: JSON Schema 2020-12 Validation §6. */
export const VALUE_KEYWORDS: ReadonlyMap<string, ValueKeyword> = new Map<string, ValueKeyword>([
  ['type', typeKeyword],
  ['enum', enumKeyword],
  ['const', (operand) => oneOfValues([operand])],
  ['minimum', numeric((value, limit) => value >= limit, 'at least')],
  ['maximum', numeric((value, limit) => value <= limit, 'at most')],
  ['exclusiveMinimum', numeric((value, limit) => value > limit, 'more than')],
  ['exclusiveMaximum', numeric((value, limit) => value < limit, 'less than')],
  ['multipleOf', multipleOf],
  ['minLength', counted(lengthOf, (count, limit) => count >= limit, 'at least', 'characters')],
  ['maxLength', counted(lengthOf, (count, limit) => count <= limit, 'at most', 'characters')],
  ['minItems', counted(itemsOf, (count, limit) => count >= limit, 'at least', 'items')],
  ['maxItems', counted(itemsOf, (count, limit) => count <= limit, 'at most', 'items')],
  ['minProperties', counted(membersIn, (count, limit) => count >= limit, 'at least', 'members')],
  ['maxProperties', counted(membersIn, (count, limit) => count <= limit, 'at most', 'members')],
  ['pattern', patternKeyword],
  ['format', formatKeyword],
  ['uniqueItems', uniqueItems],
  ['required', required],
  ['dependentRequired', dependentRequired],
]);

function typeKeyword(operand: Json, where: string): Check {
  const names = typeof operand === 'string' ? [operand] : textsOf(operand, where);
  const unknown = names.find((name) => !TYPES.some((type) => type === name));
  if (unknown !== undefined) throw schemaInvalid(where, 'names a type that does not exist');
  const allowed = new Set<string>(names);
  if (allowed.has('number')) allowed.add('integer');
  const wanted = names.join(' or ');
  return (value, at, run) =>
    allowed.has(typeOf(value)) || fault(run, at, `must be ${wanted}, not ${article(typeOf(value))}`);
}

function article(type: TypeName): string {
  return type === 'null' ? type : /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
}

function enumKeyword(operand: Json, where: string): Check {
  return oneOfValues(listOf(operand, where));
}

function oneOfValues(values: readonly Json[]): Check {
  const budget = new Budget();
  const keys = new Set(values.map((value) => budget.keyOf(value)));
  const list = values.slice(0, 12).map(quoted).join(', ');
  const wanted = values.length === 1 ? list : `one of ${list}${values.length > 12 ? ', …' : ''}`;
  return (value, at, run) =>
    keys.has(run.budget.keyOf(value)) || fault(run, at, `must be ${wanted}, not ${quoted(value)}`);
}

function numeric(passes: (value: number, limit: number) => boolean, words: string): ValueKeyword {
  return (operand, where) => {
    const limit = finiteNumber(operand, where);
    return (value, at, run) =>
      typeof value !== 'number' || passes(value, limit) || fault(run, at, `must be ${words} ${limit}, not ${value}`);
  };
}

function multipleOf(operand: Json, where: string): Check {
  const unit = finiteNumber(operand, where);
  if (unit <= 0) throw schemaInvalid(where, 'must be more than 0');
  return (value, at, run) => {
    if (typeof value !== 'number') return true;
    const quotient = value / unit;
    // 0.3 / 0.1 misses 3 by one rounding; two are allowed.
    const near = Math.abs(quotient - Math.round(quotient)) <= 2 * Number.EPSILON * Math.abs(quotient);
    return (Number.isFinite(quotient) && near) || fault(run, at, `must be a multiple of ${unit}, not ${value}`);
  };
}

function counted(
  count: (value: Json) => number | undefined,
  passes: (count: number, limit: number) => boolean,
  words: string,
  unit: string,
): ValueKeyword {
  return (operand, where) => {
    const limit = countOf(operand, where);
    return (value, at, run) => {
      if (typeof value === 'string') run.budget.spend(value.length >>> 6);
      const found = count(value);
      if (found === undefined || passes(found, limit)) return true;
      return fault(run, at, `must have ${words} ${limit} ${unit}, not ${found}`);
    };
  };
}

function lengthOf(value: Json): number | undefined {
  if (typeof value !== 'string') return undefined;
  let points = 0;
  for (let at = 0; at < value.length; points++) at += (value.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return points;
}

function itemsOf(value: Json): number | undefined {
  return isList(value) ? value.length : undefined;
}

function membersIn(value: Json): number | undefined {
  return isObject(value) ? Object.keys(value).length : undefined;
}

function patternKeyword(operand: Json, where: string, compiler: Patterns): Check {
  const source = textOf(operand, where);
  const pattern = compiler.pattern(source);
  return (value, at, run) =>
    typeof value !== 'string' ||
    pattern.test(value, run.budget.spend) ||
    fault(run, at, `must match ${shown(source, 80)}, unlike ${quoted(value)}`);
}

function formatKeyword(operand: Json, where: string): Check {
  const format = textOf(operand, where);
  return (value, at, run) =>
    typeof value !== 'string' ||
    matchesFormat(format, value) ||
    fault(run, at, `must be a ${shown(format, 40)}, unlike ${quoted(value)}`);
}

function uniqueItems(operand: Json, where: string): Check | undefined {
  if (typeof operand !== 'boolean') throw schemaInvalid(where, 'must be true or false');
  if (!operand) return undefined;
  return (value, at, run) => {
    if (!isList(value)) return true;
    const seen = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const key = run.budget.keyOf(item);
      const first = seen.get(key);
      if (first !== undefined) return fault(run, at, `must not repeat items: ${first} and ${index} are equal`);
      seen.set(key, index);
    }
    return true;
  };
}

function required(operand: Json, where: string): Check {
  const names = textsOf(operand, where);
  return (value, at, run) => {
    if (!isObject(value)) return true;
    run.budget.spend(names.length >>> 3);
    const missing = names.filter((name) => !Object.hasOwn(value, name));
    return missing.length === 0 || fault(run, at, `lacks ${missing.map((name) => shown(name, 80)).join(', ')}`);
  };
}

function dependentRequired(operand: Json, where: string): Check {
  const rules = membersOf(operand, where).map(([name, needs]) => ({ name, needs: textsOf(needs, `${where}/${name}`) }));
  return (value, at, run) => {
    if (!isObject(value)) return true;
    let valid = true;
    for (const { name, needs } of rules) {
      if (!Object.hasOwn(value, name)) continue;
      const missing = needs.filter((need) => !Object.hasOwn(value, need)).map((need) => shown(need, 80));
      if (missing.length > 0)
        valid = fault(run, at, `has ${shown(name, 80)} and therefore needs ${missing.join(', ')}`);
    }
    return valid;
  };
}
