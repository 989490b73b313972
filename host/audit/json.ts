import type { Json } from '../base/jcs.ts';
import { HostError } from '../base/error.ts';

/** Levels of a value in the log. */
const MAX_DEPTH = 256;

/** Whether it is an object with members, as opposed to an array or null. */
export function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Refuses what would not read back as the same value: integers that other programs round.
 * @throws TypeError for one that is not safe and for what is no JSON; HostError `audit-unwritable` for a value that nests too deep
 */
export function checkJson(value: Json, depth = 0): void {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new TypeError('an integer beyond 2^53 goes into the audit log as a string');
    }
    return;
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value !== 'object') throw new TypeError(`the audit log holds JSON, not ${typeof value}`);
  if (depth === MAX_DEPTH) {
    throw new HostError('audit-unwritable', `The audit log takes values of at most ${MAX_DEPTH} levels`, {
      remedy: 'Make the arguments or the result flatter.',
    });
  }
  for (const member of Object.values(value)) checkJson(member, depth + 1);
}
