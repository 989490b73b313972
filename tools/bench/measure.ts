/** One side of a comparison. `once` is one sample; it may time itself and answer its milliseconds, otherwise its wall time counts. */
export interface Side {
  readonly name: string;
  once(): unknown;
}

export interface Rounds {
  /** Samples of each side that count. */
  readonly rounds: number;
  /** Samples of each side before them, thrown away. Default 3. */
  readonly warmUp?: number;
}

/** Milliseconds of each sample by side. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/**
 * Takes a sample of every side in turn, round after round, so that all of them meet the same machine; every other round goes
 * backwards, so that none always follows the same one.
 */
export async function interleave(sides: readonly Side[], { rounds, warmUp = 3 }: Rounds): Promise<Samples> {
  const samples = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      const started = performance.now();
      const own = await side.once();
      const ms = typeof own === 'number' ? own : performance.now() - started;
      if (round >= 0) samples.get(side.name)?.push(ms);
    }
  }
  return samples;
}

/** @throws TypeError without samples */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const high = sorted[sorted.length >> 1];
  const low = sorted[(sorted.length - 1) >> 1];
  if (high === undefined || low === undefined) throw new TypeError('a median of nothing');
  return (low + high) / 2;
}

/** The median of one side. @throws TypeError for a side that was not measured */
export function medianOf(samples: Samples, side: string): number {
  return median(samples.get(side) ?? []);
}
