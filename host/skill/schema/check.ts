import { shown } from '../../base/shown.ts';
import type { Json } from '../../base/jcs.ts';
import type { Budget } from './budget.ts';
import { BudgetSpent, isList } from './budget.ts';
import type { LinearPattern } from './pattern.ts';

/** One thing that is wrong with a value. */
export interface SchemaFault {
  /** JSON Pointer into the value; empty for the value itself. */
  readonly path: string;
  /** One line for a person, already safe to show. */
  readonly message: string;
}

/** Where in the value a check stands; turned into a pointer only for a fault. */
export interface At {
  readonly parent: At | undefined;
  readonly key: string | number;
}

/** Which members and items some keyword has looked at, for `unevaluatedProperties` and `unevaluatedItems`. */
export interface Marks {
  readonly keys: Set<string>;
  readonly items: Set<number>;
}

/** What a keyword needs of the compiler of its document. */
export interface SchemaCompiler {
  /** @throws HostError manifest-invalid */
  compile(schema: Json, where: string): Check;
  /** The schema that a `$ref` names. @throws HostError manifest-invalid */
  refer(reference: string, where: string): Check;
  /** @throws HostError manifest-invalid */
  pattern(source: string): LinearPattern;
}

/** The state of one validation. */
export interface Run {
  readonly budget: Budget;
  faults: SchemaFault[];
  depth: number;
}

/** Whether the value passes; when it does not, `run.faults` has grown. */
export type Check = (value: Json, at: At | undefined, run: Run, marks: Marks | undefined) => boolean;

const MAX_FAULTS = 20;
/** Wording a fault costs more than a check; alternatives word many that nobody sees. */
const FAULT_STEPS = 20;
const MAX_CHECKS_DEEP = 512;

/** All the checks of one schema, in order. */
export function allOf(checks: readonly Check[]): Check {
  return (value, at, run, marks) => {
    run.budget.spend(1);
    if (++run.depth > MAX_CHECKS_DEEP) throw new BudgetSpent('refers to itself without end');
    let valid = true;
    for (const check of checks) valid = check(value, at, run, marks) && valid;
    run.depth--;
    return valid;
  };
}

/** Notes the fault and answers false. */
export function fault(run: Run, at: At | undefined, message: string): false {
  if (run.faults.length >= MAX_FAULTS) return false;
  const path = pointerOf(at);
  run.budget.spend(FAULT_STEPS + path.length);
  run.faults.push({ path, message });
  return false;
}

/** What `check` says, and its faults, which do not reach the run. */
export function attempt(
  check: Check,
  value: Json,
  at: At | undefined,
  run: Run,
  marks: Marks | undefined,
): { readonly valid: boolean; readonly faults: readonly SchemaFault[] } {
  const outer = run.faults;
  run.faults = [];
  const seen = marks && newMarks();
  const valid = check(value, at, run, seen);
  const { faults } = run;
  run.faults = outer;
  if (valid && marks && seen) addMarks(marks, seen);
  return { valid, faults };
}

export function newMarks(): Marks {
  return { keys: new Set(), items: new Set() };
}

export function addMarks(into: Marks, from: Marks): void {
  for (const key of from.keys) into.keys.add(key);
  for (const item of from.items) into.items.add(item);
}

export type TypeName = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

/** The narrowest type of a value: an integer is also a number. */
export function typeOf(value: Json): TypeName {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return isList(value) ? 'array' : 'object';
}

export function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeOf(value) === 'object';
}

/** A value as a message may quote it: short, on one line, harmless. */
export function quoted(value: Json): string {
  const type = typeOf(value);
  if (type === 'array' || type === 'object') return `an ${type}`;
  return shown(JSON.stringify(typeof value === 'string' ? value.slice(0, 80) : value), 80);
}

function pointerOf(at: At | undefined): string {
  let pointer = '';
  for (let step = at; step !== undefined; step = step.parent) {
    const { key } = step;
    pointer = `/${typeof key === 'number' ? key : shown(key.replaceAll('~', '~0').replaceAll('/', '~1'), 128)}${pointer}`;
  }
  return pointer;
}
