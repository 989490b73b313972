import type { Json } from '../base/jcs.ts';
import { Budget, BudgetSpent, nestsTooDeep } from './schema/budget.ts';
import type { Run, SchemaFault } from './schema/check.ts';
import { Compiler } from './schema/compile.ts';
import { schemaInvalid } from './schema/operand.ts';
import type { JsonSchema } from './skill.ts';

export type { SchemaFault } from './schema/check.ts';

export interface Validator {
  /**
   * What is wrong with the value; empty if it is valid. Ends after a bounded amount of work, whoever wrote schema and value: what
   * nests too deep or takes too long to check has a fault that says so.
   */
  validate(value: Json): readonly SchemaFault[];
}

/**
 * Compiles a JSON Schema 2020-12 without generating code. References are local, formats are asserted, patterns run in linear time.
 * @throws HostError manifest-invalid, with the place in the schema, for a schema that is malformed, of another dialect, or too large.
 * Source: JSON Schema 2020-12 Core and Validation.
 */
export function compileSchema(schema: JsonSchema): Validator {
  if (nestsTooDeep(schema)) throw schemaInvalid('', 'is nested too deep');
  const check = new Compiler(schema).compile(schema, '');
  return {
    validate(value) {
      if (nestsTooDeep(value)) return [{ path: '', message: 'is nested too deep' }];
      const run: Run = { budget: new Budget(), faults: [], depth: 0 };
      try {
        return check(value, undefined, run, undefined) ? [] : run.faults;
      } catch (error) {
        if (error instanceof BudgetSpent) return [{ path: '', message: error.message }];
        throw error;
      }
    },
  };
}

const compiled = new WeakMap<JsonSchema, Validator>();

/** The same, compiled once for each schema object, which nobody changes. */
export function validatorOf(schema: JsonSchema): Validator {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const fresh = compileSchema(schema);
  compiled.set(schema, fresh);
  return fresh;
}

/** The faults on one line, `/limit must be at least 1, not 0; …`, for an error message. */
export function faultsText(faults: readonly SchemaFault[]): string {
  return faults.map(({ path, message }) => `${path === '' ? 'it' : path} ${message}`).join('; ');
}
