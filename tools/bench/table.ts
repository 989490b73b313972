/** How a figure is compared with its target. */
export type Target =
  /** Ours divided by the peer's may be this much. */
  | { readonly kind: 'at-most'; readonly value: number }
  /** The peer's divided by ours (or, of rates, ours by the peer's) must be this much. */
  | { readonly kind: 'at-least'; readonly value: number };

export interface Comparison {
  readonly peer: string;
  /** In the row's unit. */
  readonly peerValue: number;
  /** Without one the figure is stated for its own sake. */
  readonly target?: Target;
}

/** One row of the table as it was measured. */
export interface Row {
  readonly name: string;
  readonly what: string;
  readonly unit: 'ms' | 'µs' | 'calls/s' | 'MiB';
  readonly value: number;
  /** The first is the one that the row is about. */
  readonly comparisons: readonly Comparison[];
  readonly notes?: readonly string[];
}

/** A row that this machine cannot measure, and why. */
export interface Unmeasured {
  readonly name: string;
  readonly what: string;
  readonly notMeasured: string;
}

export type Outcome = Row | Unmeasured;

/** Ours against the peer's; for `at-least` how many times better ours is. */
export function ratioOf(row: Row, { peerValue, target }: Comparison): number {
  if (target?.kind !== 'at-least') return row.value / peerValue;
  return row.unit === 'calls/s' ? row.value / peerValue : peerValue / row.value;
}

/** Whether the target is reached; `undefined` where there is none. */
export function isReached(row: Row, comparison: Comparison): boolean | undefined {
  const { target } = comparison;
  if (target === undefined) return undefined;
  const ratio = ratioOf(row, comparison);
  return target.kind === 'at-most' ? ratio <= target.value : ratio >= target.value;
}

/** Whether nothing that was measured misses its target. */
export function allReached(outcomes: readonly Outcome[]): boolean {
  return outcomes.every(
    (outcome) =>
      'notMeasured' in outcome || outcome.comparisons.every((comparison) => isReached(outcome, comparison) !== false),
  );
}

/** For a person. */
export function tableText(outcomes: readonly Outcome[]): string {
  const cells = [['', 'wirken', 'peer', '', 'ratio', 'target', ''], ...outcomes.flatMap(linesOf)];
  const widths = [0, 1, 2, 3, 4, 5, 6].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) => line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  '));
  const notes = outcomes.flatMap((outcome) =>
    'notMeasured' in outcome ? [] : (outcome.notes ?? []).map((note) => `${outcome.name}: ${note}`),
  );
  return [...lines.map((line) => line.trimEnd()), ...(notes.length > 0 ? ['', ...notes] : []), ''].join('\n');
}

/** For a program: one object a row. */
export function tableJson(outcomes: readonly Outcome[]): object {
  return {
    reached: allReached(outcomes),
    rows: outcomes.map((outcome) =>
      'notMeasured' in outcome
        ? outcome
        : {
            ...outcome,
            comparisons: outcome.comparisons.map((comparison) => ({
              ...comparison,
              ratio: ratioOf(outcome, comparison),
              ...(comparison.target === undefined ? {} : { reached: isReached(outcome, comparison) }),
            })),
          },
    ),
  };
}

function linesOf(outcome: Outcome): readonly (readonly string[])[] {
  if ('notMeasured' in outcome) return [[outcome.what, `not measured: ${outcome.notMeasured}`]];
  return outcome.comparisons.map((comparison, index) => {
    const reached = isReached(outcome, comparison);
    return [
      index === 0 ? outcome.what : '',
      index === 0 ? `${shownNumber(outcome.value)} ${outcome.unit}` : '',
      comparison.peer,
      `${shownNumber(comparison.peerValue)} ${outcome.unit}`,
      `${ratioOf(outcome, comparison).toFixed(2)} ×`,
      comparison.target === undefined
        ? ''
        : `${comparison.target.kind === 'at-most' ? '≤' : '≥'} ${comparison.target.value} ×`,
      reached === undefined ? '' : reached ? 'reached' : 'MISSED',
    ];
  });
}

function pad(cell: string, width: number, column: number): string {
  return column === 1 || column === 3 || column === 4 || column === 5 ? cell.padStart(width) : cell.padEnd(width);
}

function shownNumber(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value >= 100 ? value.toFixed(1) : value.toPrecision(3);
}
