import { spawn, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interleave, medianOf, type Side } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

const WIRKEN = fileURLToPath(new URL('../../../host/bin/wirken.mjs', import.meta.url));
const COMMAND = [WIRKEN, 'skill', 'run', 'hash', 'text', 'abc'];
const ANSWER = 'ba7816bf8f01cfea';
const ROUNDS = 25;
const OURS = 'wirken skill run hash';
const PEER = 'node -e 0';
const LAUNCHED = 'the same, started by an older Node';

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  const env = { ...process.env, WIRKEN_DATA_DIR: join(dir.path, 'data') };
  const ours = (node: string): Promise<void> => runProcess(node, COMMAND, env, ANSWER);
  // The first starts write the caches, which are only read from then on.
  for (let start = 0; start < 5; start++) await ours(process.execPath);
  const older = olderNode();
  const launched: readonly Side[] = older === undefined ? [] : [{ name: LAUNCHED, once: () => ours(older.path) }];
  const samples = await interleave(
    [
      { name: OURS, once: () => ours(process.execPath) },
      { name: PEER, once: () => runProcess(process.execPath, ['-e', '0'], env, '') },
      ...launched,
    ],
    { rounds: ROUNDS },
  );
  return [
    {
      name: 'cold-start',
      what: 'wirken skill run hash text abc, from a cold shell',
      unit: 'ms',
      value: medianOf(samples, OURS),
      comparisons: [{ peer: PEER, peerValue: medianOf(samples, PEER), target: { kind: 'at-most', value: 5 } }],
      notes: [
        older === undefined
          ? 'no older Node on PATH: the launcher’s cost was not measured'
          : `started by Node ${older.version} it takes ${medianOf(samples, LAUNCHED).toFixed(1)} ms: the launcher costs ${(medianOf(samples, LAUNCHED) - medianOf(samples, OURS)).toFixed(1)} ms`,
      ],
    },
  ];
}

async function runProcess(
  node: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  answer: string,
): Promise<void> {
  const child = spawn(node, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0 || !output.includes(answer))
    throw new Error(`${args.join(' ')} ended with ${String(code)}: ${output}`);
}

/** A Node below 26 that the machine has itself. */
function olderNode(): { readonly path: string; readonly version: string } | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '' || folder.includes('node_modules')) continue;
    const path = join(folder, 'node');
    const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    const version = status === 0 ? /^v((\d+)\.\S+)/.exec(stdout) : null;
    if (version?.[1] !== undefined && Number(version[2]) < 26) return { path, version: version[1] };
  }
  return undefined;
}
