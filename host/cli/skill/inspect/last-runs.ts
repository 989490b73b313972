import { openAuditReader } from '../../../audit/read.ts';
import { HostError } from '../../../base/error.ts';
import { viewRow } from '../../audit/row-view.ts';

export interface LastRun {
  readonly session: string;
  readonly ts: string;
  readonly tool: string;
  /** `done`, `tool-failed`, …; `?` when nothing was written of it. */
  readonly outcome: string;
  readonly exitCode?: number;
  readonly wallMs?: number;
  readonly memoryBytes?: number;
}

/** Calls that are looked through, the newest first. */
const MAX_SEARCHED_CALLS = 5_000;

/** The last calls of bundles with one of these digests, newest first; none without a log. @throws HostError `audit-invalid` */
export function lastRuns(dataDir: string, digests: readonly string[], most: number): readonly LastRun[] {
  let reader: ReturnType<typeof openAuditReader>;
  try {
    reader = openAuditReader(dataDir);
  } catch (error) {
    if (error instanceof HostError && error.code === 'not-found') return [];
    throw error;
  }
  using log = reader;
  const calls = [];
  for (const row of log.rows({ action: 'skill.call', newestFirst: true, limit: MAX_SEARCHED_CALLS })) {
    const { detail } = viewRow(row, new Map());
    if (!digests.includes(detail.text('digest'))) continue;
    calls.push({ row, tool: detail.text('tool') });
    if (calls.length === most) break;
  }
  return calls.map(({ row, tool }): LastRun => {
    const started = { session: row.session, ts: row.ts, tool };
    // One iterator at a time: the results are asked for when the calls are known.
    for (const result of log.rows({ session: row.session, action: 'skill.result', afterId: row.id })) {
      const { detail } = viewRow(result, new Map());
      if (detail.number('call') !== row.seq) continue;
      const exitCode = detail.number('exit_code');
      const wallMs = detail.number('wall_ms');
      const memoryBytes = detail.number('memory_bytes');
      return {
        ...started,
        outcome: detail.text('outcome'),
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(wallMs === undefined ? {} : { wallMs }),
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
      };
    }
    return { ...started, outcome: '?' };
  });
}
