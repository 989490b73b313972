import type { RowFilter } from '../../audit/row-filter.ts';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { AuditActor } from '../../policy/event.ts';
import { knownActions } from './essence.ts';
import { parseTime } from './time.ts';

export interface FilterFlags {
  readonly session?: string;
  readonly action?: string;
  readonly actor?: string;
  readonly channel?: string;
  readonly decision?: string;
  readonly since?: string;
  readonly until?: string;
}

const ACTORS: Readonly<Record<AuditActor, true>> = {
  adapter: true,
  gateway: true,
  'gateway.permissions': true,
  agent: true,
  'agent.llm': true,
  'skill.runner': true,
  cli: true,
  audit: true,
};

/**
 * What of the options needs no look at the log. A misspelt name would show nothing, and look like nothing had happened: it is refused.
 * @throws HostError `usage`
 */
export function filterOf(flags: FilterFlags, nowMs: number): Omit<RowFilter, 'session'> {
  const { action, actor, channel, decision, since, until } = flags;
  if (action !== undefined && !knownActions().some((known) => `${known}.`.startsWith(`${action}.`))) {
    throw unknown('action', action, knownActions());
  }
  if (actor !== undefined && !Object.hasOwn(ACTORS, actor)) throw unknown('actor', actor, Object.keys(ACTORS));
  if (decision !== undefined && !['allowed', 'denied'].includes(decision)) {
    throw unknown('decision', decision, ['allowed', 'denied']);
  }
  return {
    ...(action === undefined ? {} : { action }),
    ...(actor === undefined ? {} : { actor }),
    ...(channel === undefined ? {} : { channel }),
    ...(decision === undefined ? {} : { decision }),
    ...(since === undefined ? {} : { since: parseTime(since, nowMs) }),
    ...(until === undefined ? {} : { until: parseTime(until, nowMs) }),
  };
}

function unknown(what: string, untrusted: string, known: readonly string[]): HostError {
  return new HostError('usage', `there is no ${what} ${shown(untrusted, 80)}`, {
    remedy: `One of: ${known.join(', ')}.`,
  });
}
