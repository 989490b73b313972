import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pssOfTree } from '../pss.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

const HOST = fileURLToPath(new URL('../memory-host.ts', import.meta.url));
const CALLS = 10_000;
const MIB = 1024 * 1024;
const LIMIT_MIB = 140;
const MOST_GROWTH = 1.1;

/** A host of its own, as it is without this bench: two warm runners, idle; then 10,000 calls, and idle again. */
export async function measure(): Promise<readonly Outcome[]> {
  const what = 'idle host with two warm runners, PSS';
  if (!existsSync('/proc/self/smaps_rollup')) return [{ name: 'memory', what, notMeasured: 'no /proc' }];
  using dir = scratch();
  const host = spawn(process.execPath, [HOST, `${dir.path}/data`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  const after = async (command: string): Promise<number> => {
    host.stdin.write(`${command}\n`);
    if ((await lines.next()).value !== 'done') throw new Error('the host of the memory row failed');
    await new Promise((resolve) => setTimeout(resolve, 500));
    return pssOfTree(host.pid ?? 0) / MIB;
  };
  try {
    const idle = await after('warm');
    const later = await after(String(CALLS));
    return [
      {
        name: 'memory',
        what,
        unit: 'MiB',
        value: idle,
        comparisons: [{ peer: 'limit', peerValue: LIMIT_MIB, target: { kind: 'at-most', value: 1 } }],
      },
      {
        name: 'memory',
        what: 'the same after 10,000 calls',
        unit: 'MiB',
        value: later,
        comparisons: [{ peer: 'before them', peerValue: idle, target: { kind: 'at-most', value: MOST_GROWTH } }],
      },
    ];
  } finally {
    host.stdin.end();
    await once(host, 'exit');
  }
}
