import { callPlugin, startPlugin } from '../echo-plugin.ts';
import { callSkill, echoSkill, startEchoPool } from '../echo-skill.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

/** One sample is this many calls, always two of them in flight. */
const CALLS = 400;
const ROUNDS = 15;
const OURS = 'skill';
const PEER = 'two extism plugins in their workers';

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  await using pool = startEchoPool(`${dir.path}/data`);
  const skill = echoSkill();
  const plugins = await Promise.all([startPlugin(), startPlugin()]);
  try {
    const samples = await interleave(
      [
        { name: OURS, once: () => Promise.all([0, 1].map(() => repeat(() => callSkill(skill, pool)))) },
        { name: PEER, once: () => Promise.all(plugins.map((plugin) => repeat(() => callPlugin(plugin)))) },
      ],
      { rounds: ROUNDS },
    );
    const rate = (side: string): number => (CALLS * 1000) / medianOf(samples, side);
    return [
      {
        name: 'two-in-flight',
        what: 'the same, two in flight',
        unit: 'calls/s',
        value: rate(OURS),
        comparisons: [{ peer: PEER, peerValue: rate(PEER), target: { kind: 'at-least', value: 1 } }],
      },
    ];
  } finally {
    await Promise.all(plugins.map((plugin) => plugin.close()));
  }
}

async function repeat(call: () => Promise<void>): Promise<void> {
  for (let made = 0; made < CALLS / 2; made++) await call();
}
