/** Which rows of the log; each member narrows. */
export interface RowFilter {
  readonly session?: string;
  /** `permission` stands for `permission.decision` and `permission.changed`. */
  readonly action?: string;
  readonly actor?: string;
  readonly channel?: string;
  /** Times as the log writes them, or their beginnings: `2026-03-01`. `until` is exclusive. */
  readonly since?: string;
  readonly until?: string;
  /** `allowed` or `denied`: decisions only. */
  readonly decision?: string;
  /** Ids, exclusive; `afterId` is where a view that follows the log goes on. */
  readonly afterId?: number;
  readonly beforeId?: number;
  readonly newestFirst?: boolean;
  readonly limit?: number;
}

/** The clauses of a query over `events`. Values are parameters, never text of it. */
export interface RowQuery {
  readonly where: string;
  readonly order: string;
  readonly params: readonly (string | number)[];
}

const CLAUSES = {
  session: 'session = ?',
  action: `instr(action || '.', ?) = 1`,
  actor: 'actor = ?',
  channel: 'channel = ?',
  since: 'ts >= ?',
  until: 'ts < ?',
  // A payload that is no JSON is for the verifier to find; here it decides nothing.
  decision: `CASE WHEN json_valid(payload) THEN json_extract(payload, '$.detail.decision') END = ?`,
  afterId: 'id > ?',
  beforeId: 'id < ?',
} as const satisfies { readonly [member in keyof RowFilter]?: string };

const MEMBERS = ['session', 'action', 'actor', 'channel', 'since', 'until', 'decision', 'afterId', 'beforeId'] as const;

export function rowQuery({ newestFirst, limit, ...filter }: RowFilter): RowQuery {
  const conditions: string[] = [];
  const params: (string | number)[] = [];
  for (const member of MEMBERS) {
    const value = filter[member];
    if (value === undefined) continue;
    conditions.push(CLAUSES[member]);
    params.push(member === 'action' ? `${value}.` : value);
  }
  // Within a session both say the same, and only `seq` stands in the session's index.
  const column = filter.session === undefined ? 'id' : 'seq';
  const order = `ORDER BY ${column} ${newestFirst === true ? 'DESC' : 'ASC'}`;
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  if (limit === undefined) return { where, order, params };
  return { where, order: `${order} LIMIT ?`, params: [...params, limit] };
}
