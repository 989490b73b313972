import { closeSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { _setPreopens, preopens } from '@bytecodealliance/preview2-shim/filesystem';
import { DEFAULT_LIMITS } from '../../../host/wasi/limits.ts';
import { prepareModule } from '../../../host/wasi/module/prepare.ts';
import { type Pool, startPool } from '../../../host/wasi/pool/pool.ts';
import { parseGlob } from '../../../host/policy/glob.ts';
import { WorkspaceDir } from '../../../host/workspace/dir.ts';
import { openReadClose } from '../guests.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

/** Opens of one sample; the slow peer makes fewer. */
const OPENS = 2000;
const SLOW_OPENS = 100;
const ROUNDS = 25;
const FILE = 'src/file.txt';
const OURS = 'guest';
const PLAIN = 'openSync, readSync, closeSync';
const SHIM = 'preview2-shim';

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  const tree = join(dir.path, 'tree');
  mkdirSync(join(tree, 'src'), { recursive: true });
  writeFileSync(join(tree, FILE), new Uint8Array(4096));
  const workspace = WorkspaceDir.openAmbient(tree, { dataDir: join(dir.path, 'data'), allowBroad: false });
  await using pool = startPool({ cacheDir: join(dir.path, 'data') });
  try {
    const samples = await interleave(
      [
        { name: OURS, once: guestSide(pool, workspace) },
        { name: PLAIN, once: () => plain(join(tree, FILE)) },
        { name: SHIM, once: shimSide(tree) },
      ],
      { rounds: ROUNDS },
    );
    const micros = (side: string): number => medianOf(samples, side) * 1000;
    return [
      {
        name: 'open-read-close',
        what: 'path_open, read 4 KiB, close, from a guest',
        unit: 'µs',
        value: micros(OURS),
        comparisons: [
          { peer: PLAIN, peerValue: micros(PLAIN), target: { kind: 'at-most', value: 4 } },
          { peer: SHIM, peerValue: micros(SHIM), target: { kind: 'at-least', value: 20 } },
        ],
      },
    ];
  } finally {
    workspace.close();
  }
}

/** The whole call counts, its way to the runner and back included. */
function guestSide(pool: Pool, workspace: WorkspaceDir): () => Promise<number> {
  const module = prepareModule(openReadClose(FILE, OPENS), DEFAULT_LIMITS).bytes;
  const mounts = [{ guestPath: '/workspace', fd: workspace.fd, access: { read: [parseGlob('**')], write: [] } }];
  return async () => {
    const started = performance.now();
    const outcome = await pool.call(
      { digest: 'open-read-close', module },
      { args: ['bench'], env: [], stdin: new Uint8Array(), limits: DEFAULT_LIMITS },
      { where: { mounts, tmp: false }, signal: new AbortController().signal },
    );
    if (outcome.kind !== 'exited') throw new Error(`the guest ended with ${outcome.kind}`);
    return (performance.now() - started) / OPENS;
  };
}

function plain(path: string): number {
  const bytes = new Uint8Array(4096);
  const started = performance.now();
  for (let made = 0; made < OPENS; made++) {
    const fd = openSync(path, 'r');
    if (readSync(fd, bytes) !== bytes.length) throw new Error('a short read');
    closeSync(fd);
  }
  return (performance.now() - started) / OPENS;
}

/** Its objects called as a component's glue calls them, without a guest in between. */
function shimSide(tree: string): () => number {
  // Its types call the host's path something else than what it takes.
  Reflect.apply(_setPreopens, undefined, [{ '/workspace': tree }]);
  const [root] = preopens.getDirectories()[0] ?? [];
  if (root === undefined) throw new Error('preview2-shim has no directory');
  return () => {
    const started = performance.now();
    for (let made = 0; made < SLOW_OPENS; made++) {
      const file = root.openAt({}, FILE, {}, { read: true });
      const [bytes] = file.read(4096n, 0n);
      if (bytes.length !== 4096) throw new Error('a short read');
      Reflect.get(file, Symbol.dispose)?.call(file);
    }
    return (performance.now() - started) / SLOW_OPENS;
  };
}
