import type { Binding, RememberedAnswer } from '../policy/remembered.ts';
import { isActionKind } from '../policy/table.ts';

/** The columns in the order of the schema; `''` where nothing is bound, so that the unique index sees it. */
export const COLUMNS = [
  'id',
  'effect',
  'variant',
  'pattern',
  'digest',
  'publisher',
  'agent',
  'channel',
  'person',
  'workspace',
  'created_ms',
  'expires_ms',
] as const;

/** The columns that say what an answer is good for. */
export const BINDING_COLUMNS = [
  'variant',
  'pattern',
  'person',
  'digest',
  'agent',
  'channel',
  'publisher',
  'workspace',
] as const;

/** The values of `BINDING_COLUMNS`. */
export function bindingValues(binding: Binding): readonly string[] {
  const { variant, pattern, person, digest = '', agent, channel, publisher = '', workspace = '' } = binding;
  return [variant, pattern, person, digest, agent, channel, publisher, workspace];
}

/** The values of `COLUMNS`. */
export function rowValues(answer: RememberedAnswer): readonly (string | number)[] {
  const { id, effect, variant, pattern, digest = '', publisher = '', agent, channel, person, workspace = '' } = answer;
  const { createdMs, expiresMs } = answer;
  return [id, effect, variant, pattern, digest, publisher, agent, channel, person, workspace, createdMs, expiresMs];
}

/** The answer of a row of `COLUMNS`, or `undefined` for one that wirken did not write. */
export function answerOf(untrusted: unknown): RememberedAnswer | undefined {
  if (!Array.isArray(untrusted) || untrusted.length !== COLUMNS.length) return undefined;
  const row: readonly unknown[] = untrusted;
  const texts = row.slice(0, 10);
  if (!texts.every((value) => typeof value === 'string')) return undefined;
  const [
    id = '',
    effect,
    variant = '',
    pattern = '',
    digest = '',
    publisher = '',
    agent = '',
    channel = '',
    person = '',
    workspace = '',
  ] = texts;
  const [createdMs, expiresMs] = [row[10], row[11]];
  if (typeof createdMs !== 'number' || typeof expiresMs !== 'number') return undefined;
  if ((effect !== 'always' && effect !== 'never') || !isActionKind(variant)) return undefined;
  return {
    id,
    effect,
    variant,
    pattern,
    ...(digest === '' ? {} : { digest }),
    ...(publisher === '' ? {} : { publisher }),
    agent,
    channel,
    person,
    ...(workspace === '' ? {} : { workspace }),
    createdMs,
    expiresMs,
  };
}
