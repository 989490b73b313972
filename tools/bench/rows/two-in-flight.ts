import type { Plugin } from '@extism/extism';
import { callPlugin, startPlugin } from '../echo-plugin.ts';
import { callSkill, echoSkill, startEchoPool } from '../echo-skill.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

/** One sample is this many calls, always two of them in flight: a load that lasts, not a burst. */
const CALLS = 2000;
const ROUNDS = 5;
/** Calls after which the peer of the third side gives back what its calls left in its memory. */
const RESET_AFTER = 200;
const OURS = 'skill';
const PEER = 'two extism plugins in their workers';
const RESET = `two others, reset every ${RESET_AFTER} calls`;

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  await using pool = startEchoPool(`${dir.path}/data`);
  const skill = echoSkill();
  const plugins = await Promise.all([startPlugin(), startPlugin()]);
  const others = await Promise.all([startPlugin(), startPlugin()]);
  try {
    const samples = await interleave(
      [
        { name: OURS, once: () => Promise.all([0, 1].map(() => repeat(() => callSkill(skill, pool)))) },
        { name: PEER, once: () => Promise.all(plugins.map((plugin) => repeat(() => callPlugin(plugin)))) },
        { name: RESET, once: () => Promise.all(others.map(repeatWithReset)) },
      ],
      { rounds: ROUNDS, warmUp: 1 },
    );
    const rate = (side: string): number => (CALLS * 1000) / medianOf(samples, side);
    return [
      {
        name: 'two-in-flight',
        what: 'the same, two in flight',
        unit: 'calls/s',
        value: rate(OURS),
        comparisons: [
          { peer: PEER, peerValue: rate(PEER), target: { kind: 'at-least', value: 1 } },
          { peer: RESET, peerValue: rate(RESET) },
        ],
        notes: ['an extism plugin keeps what its calls allocated until it is reset, and slows down by it'],
      },
    ];
  } finally {
    await Promise.all([...plugins, ...others].map((plugin) => plugin.close()));
  }
}

async function repeat(call: () => Promise<void>): Promise<void> {
  for (let made = 0; made < CALLS / 2; made++) await call();
}

async function repeatWithReset(plugin: Plugin): Promise<void> {
  let made = 0;
  await repeat(async () => {
    await callPlugin(plugin);
    if (++made % RESET_AFTER === 0) await plugin.reset();
  });
}
