import type { AuditAction } from '../../policy/event.ts';

const KNOWN = {
  'session.start': true,
  'session.end': true,
  'inbound.message': true,
  'outbound.delivered': true,
  'channel.mismatch': true,
  'skill.verified': true,
  'skill.refused': true,
  'skill.installed': true,
  'skill.removed': true,
  'skill.call': true,
  'skill.result': true,
  'permission.decision': true,
  'permission.changed': true,
  'trust.changed': true,
  'llm.request': true,
  'llm.response': true,
  'tool.call': true,
  'tool.result': true,
  'injection.flagged': true,
  'chain.head': true,
  'audit.redacted': true,
} as const satisfies Record<AuditAction, true>;

/** The name of an action: a filter with a misspelt one would forward nothing, silently. */
export function isAction(untrusted: string): untrusted is AuditAction {
  return Object.hasOwn(KNOWN, untrusted);
}

/** Whether a row is to be forwarded. Without a list all are. */
export function wants(actions: readonly AuditAction[] | undefined): (action: string) => boolean {
  if (actions === undefined) return () => true;
  const wanted: ReadonlySet<string> = new Set(actions);
  return (action) => wanted.has(action);
}
