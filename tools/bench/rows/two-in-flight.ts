import type { Plugin } from '@extism/extism';
import type { Granted } from '../../../host/skill/grants.ts';
import type { Pool } from '../../../host/wasi/pool/pool.ts';
import { callPlugin, startPlugin } from '../echo-plugin.ts';
import { callSkill, echoSkill, startEchoPool } from '../echo-skill.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

interface Load {
  readonly what: string;
  /** Calls of one sample, always two of them in flight. */
  readonly calls: number;
  readonly rounds: number;
  readonly warmUp: number;
  readonly notes: readonly string[];
}

const LOADS: readonly Load[] = [
  {
    what: 'the same, two in flight, 2,000 at a stretch',
    calls: 2000,
    rounds: 5,
    warmUp: 1,
    notes: ['an extism plugin keeps what its calls allocated until it is reset, and slows down by it'],
  },
  { what: 'the same, two in flight, in bursts of 400', calls: 400, rounds: 15, warmUp: 3, notes: [] },
];
/** Calls after which the peer of the third side gives back what its calls left in its memory. */
const RESET_AFTER = 200;
const OURS = 'skill';
const PEER = 'two extism plugins in their workers';
const RESET = `two others, reset every ${RESET_AFTER} calls`;

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  await using pool = startEchoPool(`${dir.path}/data`);
  const skill = echoSkill();
  const outcomes: Outcome[] = [];
  for (const load of LOADS) outcomes.push(await measureLoad(load, skill, pool));
  return outcomes;
}

/** With plugins of its own: what one load left in them is not the next one's burden. */
async function measureLoad({ what, calls, rounds, warmUp, notes }: Load, skill: Granted, pool: Pool): Promise<Outcome> {
  const plugins = await Promise.all([startPlugin(), startPlugin()]);
  const others = await Promise.all([startPlugin(), startPlugin()]);
  const repeat = async (call: () => Promise<void>): Promise<void> => {
    for (let made = 0; made < calls / 2; made++) await call();
  };
  try {
    const samples = await interleave(
      [
        { name: OURS, once: () => Promise.all([0, 1].map(() => repeat(() => callSkill(skill, pool)))) },
        { name: PEER, once: () => Promise.all(plugins.map((plugin) => repeat(() => callPlugin(plugin)))) },
        { name: RESET, once: () => Promise.all(others.map((plugin) => repeat(resetting(plugin)))) },
      ],
      { rounds, warmUp },
    );
    const rate = (side: string): number => (calls * 1000) / medianOf(samples, side);
    return {
      name: 'two-in-flight',
      what,
      unit: 'calls/s',
      value: rate(OURS),
      comparisons: [
        { peer: PEER, peerValue: rate(PEER), target: { kind: 'at-least', value: 1 } },
        { peer: RESET, peerValue: rate(RESET) },
      ],
      notes,
    };
  } finally {
    await Promise.all([...plugins, ...others].map((plugin) => plugin.close()));
  }
}

function resetting(plugin: Plugin): () => Promise<void> {
  let made = 0;
  return async () => {
    await callPlugin(plugin);
    if (++made % RESET_AFTER === 0) await plugin.reset();
  };
}
