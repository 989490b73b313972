import type { RowSource, SourceItem } from '../../audit/source.ts';

export interface Span {
  /** Times as the log writes them; `until` is exclusive. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The rows of a source that were written between two times. Their chains have gaps: a part of a log does not verify by itself. */
export function between(source: RowSource, { since, until }: Span): RowSource {
  const isWithin = (item: SourceItem): boolean => {
    const ts = item.kind === 'row' ? item.row.ts : undefined;
    return typeof ts === 'string' && (since === undefined || ts >= since) && (until === undefined || ts < until);
  };
  return {
    rows: function* (session) {
      for (const batch of source.rows(session)) yield batch.filter(isWithin);
    },
    count: () => undefined,
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}
