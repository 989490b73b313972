import type { ReplayReport } from '../../audit/replay/report.ts';
import type { AuditReport } from '../../audit/verify.ts';

/**
 * What the replay and the hashes say of a session, together: a row that the hashes contradict is not verified, whatever came out when it
 * was made again.
 * @param actionOf the action of a row
 */
export function joinReports(replay: ReplayReport, chain: AuditReport, actionOf: (id: number) => string): ReplayReport {
  const known = new Set(replay.events_divergent.map(({ id }) => id));
  const divergent = [...replay.events_divergent];
  for (const { id, seq, reason } of chain.findings) {
    if (id === undefined || seq === undefined || known.has(id)) continue;
    known.add(id);
    divergent.push({ id, seq, action: actionOf(id), reason });
  }
  const unverifiable = replay.events_unverifiable.filter(({ id }) => !known.has(id));
  return {
    events_total: replay.events_total,
    events_verified: Math.max(0, replay.events_total - divergent.length - unverifiable.length),
    events_unverifiable: unverifiable,
    events_divergent: divergent.toSorted((a, b) => a.id - b.id),
  };
}

/** 11 for a broken chain, 10 for what diverges, 12 for what cannot be read. */
export function exitOf(joined: ReplayReport, { exitCode }: AuditReport): number {
  if (exitCode === 11 || exitCode === 12) return exitCode;
  return joined.events_divergent.length > 0 ? 10 : exitCode;
}
