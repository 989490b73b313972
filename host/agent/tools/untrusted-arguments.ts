import { HostError } from '../../base/error.ts';
import { canonicalJson } from '../../base/jcs.ts';
import type { Json } from '../../base/jcs.ts';
import { isList, nestsTooDeep } from '../../skill/schema/budget.ts';
import { faultsText, validatorOf } from '../../skill/schema.ts';
import type { JsonSchema } from '../../skill/skill.ts';
import { Arguments } from './arguments.ts';

/** UTF-16 units of the arguments of one call, as JSON. */
const MAX_ARGUMENTS_CHARS = 16 * 1024 * 1024;
const MAX_FAULTS = 3;

/** Why arguments cannot be taken, nor stand in the log; `undefined` if they can. */
export function unfitArguments(untrusted: Json): string | undefined {
  if (nestsTooDeep(untrusted)) return 'are nested too deep';
  try {
    return canonicalJson(untrusted).length > MAX_ARGUMENTS_CHARS ? 'are too large' : undefined;
  } catch (error) {
    if (error instanceof TypeError) return 'hold text that is no well-formed Unicode, or a number that is none';
    throw error;
  }
}

/** @throws HostError `arguments-invalid` */
export function parseArguments(tool: string, parameters: JsonSchema, untrusted: Json): Arguments {
  const refuse = (what: string): never => {
    throw new HostError('arguments-invalid', `the arguments of ${tool} ${what}`);
  };
  const unfit = unfitArguments(untrusted);
  if (unfit !== undefined) return refuse(unfit);
  if (!isObject(untrusted)) return refuse('are no JSON object');
  const faults = validatorOf(parameters).validate(untrusted);
  return faults.length === 0
    ? new Arguments(untrusted)
    : refuse(`are wrong: ${faultsText(faults.slice(0, MAX_FAULTS))}`);
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !isList(value);
}
