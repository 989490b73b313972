import { cpSync, existsSync, globSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../host/base/ports.ts';
import { BundledSkills } from '../../../host/skill/bundled.ts';
import { projectRoot, PROJECT_ROOT_NAME } from '../../../host/skill/builtin.ts';
import { grant } from '../../../host/skill/grants.ts';
import { parseSkillName } from '../../../host/skill/names.ts';
import { startPool } from '../../../host/wasi/pool/pool.ts';
import { permitFor } from '../../../host/policy/testing.ts';
import { runAction } from '../../../host/wasi/call-skill.ts';
import { run } from '../../../host/wasi/run.ts';
import { WorkspaceDir } from '../../../host/workspace/dir.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TREE_BYTES = 5 << 20;
const PEER = '@ast-grep/cli';

/** Scans of real JavaScript and TypeScript, first and again with the cache of the first. */
export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  const tree = join(dir.path, 'tree');
  plant(tree);
  const name = parseSkillName('lyrik');
  if (name === undefined) throw new TypeError('lyrik is a name');
  const bundled = new BundledSkills({
    dir: join(ROOT, 'skills'),
    roots: new Map([[projectRoot(), PROJECT_ROOT_NAME]]),
    revoked: () => ({ keys: new Set(), digests: new Set(), publishers: new Set() }),
    clock: systemClock,
  });
  const verified = bundled.load(name);
  const skill = grant(verified, verified.value.manifest.permissions);
  const workspace = WorkspaceDir.openAmbient(tree, { dataDir: join(dir.path, 'data'), allowBroad: false });
  await using pool = startPool({ cacheDir: join(dir.path, 'data') });
  const scan = async (cache: boolean) => {
    const permit = await permitFor(runAction(skill.skill, skill.permissions, 'scan'));
    const ports = { pool, workspace, ceilings: {} };
    const outcome = await run(skill, { tool: 'scan', input: { cache } }, permit, ports, new AbortController().signal);
    if (outcome.kind !== 'done') throw new Error(`lyrik answered ${outcome.kind}`);
  };
  try {
    await scan(true);
    const samples = await interleave(
      [
        { name: 'first', once: () => scan(false) },
        { name: 'again', once: () => scan(true) },
      ],
      { rounds: 5, warmUp: 1 },
    );
    const [first, again] = [medianOf(samples, 'first'), medianOf(samples, 'again')];
    const rate = TREE_BYTES / (1 << 20) / (first / 1000);
    const missing = existsSync(join(ROOT, 'node_modules', '@ast-grep', 'cli'))
      ? `an equivalent set of rules for ${PEER} is not written`
      : `${PEER} is not installed (Lyrik with all its rules: ${rate.toFixed(1)} MiB/s)`;
    return [
      {
        name: 'lyrik',
        what: 'a second scan of 5 MiB of JavaScript and TypeScript that did not change',
        unit: 'ms',
        value: again,
        comparisons: [{ peer: 'the first scan', peerValue: first, target: { kind: 'at-most', value: 0.2 } }],
      },
      { name: 'lyrik', what: 'scan of 5 MiB of JavaScript and TypeScript', notMeasured: missing },
    ];
  } finally {
    workspace[Symbol.dispose]();
  }
}

/** Copies sources of this repository's dependencies until there are enough. */
function plant(tree: string): void {
  let bytes = 0;
  const pattern = 'node_modules/**/*.{js,mjs,cjs,ts}';
  for (const file of globSync(pattern, { cwd: ROOT, exclude: ['**/.cache/**', '**/*.d.ts', '**/*.min.*'] }).sort()) {
    const { size, isFile } = statOf(join(ROOT, file));
    if (!isFile || size < 4096 || size > 300_000) continue;
    const target = join(tree, file.replaceAll('node_modules', 'modules'));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, file), target);
    if ((bytes += size) >= TREE_BYTES) break;
  }
  writeFileSync(join(tree, 'index.js'), '');
}

function statOf(path: string): { readonly size: number; readonly isFile: boolean } {
  const stat = statSync(path);
  return { size: stat.size, isFile: stat.isFile() };
}
