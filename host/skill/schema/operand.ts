import { HostError } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { isList } from './budget.ts';
import { isObject } from './check.ts';

/** A keyword's value that is not what the standard says. `where` is a JSON Pointer into the schema. */
export function schemaInvalid(where: string, what: string): HostError {
  return new HostError('manifest-invalid', `the JSON Schema at ${shown(where, 200) || '/'} ${what}`, {
    remedy: 'Schemas are JSON Schema 2020-12 with local references only.',
  });
}

export function finiteNumber(operand: Json, where: string): number {
  if (typeof operand !== 'number' || !Number.isFinite(operand)) throw schemaInvalid(where, 'must be a number');
  return operand;
}

export function countOf(operand: Json, where: string): number {
  if (typeof operand !== 'number' || !Number.isInteger(operand) || operand < 0)
    throw schemaInvalid(where, 'must be a whole number of 0 or more');
  return operand;
}

export function textOf(operand: Json, where: string): string {
  if (typeof operand !== 'string') throw schemaInvalid(where, 'must be a string');
  return operand;
}

export function listOf(operand: Json, where: string): readonly Json[] {
  if (!isList(operand)) throw schemaInvalid(where, 'must be an array');
  return operand;
}

export function textsOf(operand: Json, where: string): readonly string[] {
  return listOf(operand, where).map((item, index) => textOf(item, `${where}/${index}`));
}

export function membersOf(operand: Json, where: string): readonly (readonly [string, Json])[] {
  if (!isObject(operand)) throw schemaInvalid(where, 'must be an object');
  return Object.entries(operand);
}
