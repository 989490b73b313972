import { callPlugin, startPlugin } from '../echo-plugin.ts';
import { callSkill, echoSkill, startEchoPool } from '../echo-skill.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

const CALLS = 3000;
const OURS = 'skill';
const PEER = 'extism plugin in its worker';

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  await using pool = startEchoPool(`${dir.path}/data`);
  const skill = echoSkill();
  const plugin = await startPlugin();
  try {
    const samples = await interleave(
      [
        { name: OURS, once: () => callSkill(skill, pool) },
        { name: PEER, once: () => callPlugin(plugin) },
      ],
      { rounds: CALLS, warmUp: 300 },
    );
    return [
      {
        name: 'warm-call',
        what: 'a warm call, 1 KiB, every limit on',
        unit: 'µs',
        value: medianOf(samples, OURS) * 1000,
        comparisons: [{ peer: PEER, peerValue: medianOf(samples, PEER) * 1000, target: { kind: 'at-most', value: 1 } }],
      },
    ];
  } finally {
    await plugin.close();
  }
}
