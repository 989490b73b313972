import type { LimitAsks } from '../skill.ts';
import type { Field } from './field.ts';

const KIB = 1024;
const SIZE = /^([1-9]\d{0,12})(B|KiB|MiB|GiB)$/;
const TIME = /^([1-9]\d{0,9})(ms|s|m)$/;
const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: KIB, MiB: KIB * KIB, GiB: KIB * KIB * KIB };
const MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const KEYS = ['memory', 'time', 'output'];

/** What a skill gets that asks for nothing. */
const DEFAULT_ASKS: LimitAsks = Object.freeze({
  memoryBytes: 256 * KIB * KIB,
  timeMs: 10_000,
  outputBytes: 8 * KIB * KIB,
});

/** `memory: 256MiB`, `time: 10s`, `output: 8MiB`. `warn` takes the path of each key that is not known. */
export function parseLimits(field: Field, warn: (key: string) => void): LimitAsks {
  if (field.absent) return DEFAULT_ASKS;
  for (const key of field.otherKeys(KEYS)) warn(field.at(key).path);
  return {
    memoryBytes: size(field.at('memory')) ?? DEFAULT_ASKS.memoryBytes,
    timeMs: quantity(field.at('time'), TIME, MS, 'a time such as 10s, 500ms or 2m') ?? DEFAULT_ASKS.timeMs,
    outputBytes: size(field.at('output')) ?? DEFAULT_ASKS.outputBytes,
  };
}

function size(field: Field): number | undefined {
  return quantity(field, SIZE, BYTES, 'a size such as 256MiB, 64KiB or 1GiB');
}

function quantity(
  field: Field,
  form: RegExp,
  units: Readonly<Record<string, number>>,
  what: string,
): number | undefined {
  if (field.absent) return undefined;
  const match = typeof field.value === 'string' ? form.exec(field.value) : null;
  const amount = Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(amount)) throw field.fail(`must be ${what}, with its unit`);
  return amount;
}
