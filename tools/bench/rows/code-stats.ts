import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../host/base/ports.ts';
import { BundledSkills, bundledGrants } from '../../../host/skill/bundled.ts';
import { projectRoot, PROJECT_ROOT_NAME } from '../../../host/skill/builtin.ts';
import { grant, type Granted } from '../../../host/skill/grants.ts';
import { parseSkillName } from '../../../host/skill/names.ts';
import { startPool } from '../../../host/wasi/pool/pool.ts';
import { permitFor } from '../../../host/policy/testing.ts';
import { runAction } from '../../../host/wasi/call-skill.ts';
import { run } from '../../../host/wasi/run.ts';
import { WorkspaceDir } from '../../../host/workspace/dir.ts';
import { interleave, medianOf } from '../measure.ts';
import { scratch } from '../scratch.ts';
import type { Outcome } from '../table.ts';

const SKILLS = fileURLToPath(new URL('../../../skills', import.meta.url));
const WHAT = 'code-stats over a tree of 20,000 files, its journal kept';
const DIRECTORIES = 400;
const FILES_EACH = 50;
const ROUNDS = 9;
const OURS = 'skill';
const PEER = 'native C, cc -O2';

export async function measure(): Promise<readonly Outcome[]> {
  using dir = scratch();
  const native = buildNative(join(dir.path, 'code-stats'));
  if (native !== undefined) return [{ name: 'code-stats', what: WHAT, notMeasured: native }];
  const tree = join(dir.path, 'tree');
  plantTree(tree);
  const skill = bundledSkill('code-stats');
  const workspace = WorkspaceDir.openAmbient(tree, { dataDir: join(dir.path, 'data'), allowBroad: false });
  await using pool = startPool({ cacheDir: join(dir.path, 'data') });
  try {
    const answers = new Set<string>();
    const samples = await interleave(
      [
        {
          name: OURS,
          once: async () => {
            const outcome = await run(
              skill,
              { tool: 'code-stats', input: {}, journal: {} },
              await permitFor(runAction(skill.skill, skill.permissions, 'code-stats')),
              { pool, workspace, ceilings: {} },
              new AbortController().signal,
            );
            if (outcome.kind !== 'done') throw new Error(`code-stats answered ${outcome.kind}`);
            answers.add(totalsOf(outcome.output));
          },
        },
        {
          name: PEER,
          once: () => {
            const { stdout, status } = spawnSync(join(dir.path, 'code-stats'), ['code-stats'], {
              argv0: 'code-stats',
              input: '{}',
              env: { WORKSPACE_ROOT: tree },
              encoding: 'utf8',
            });
            if (status !== 0) throw new Error(`the native build ended with ${String(status)}`);
            answers.add(totalsOf(JSON.parse(stdout)));
          },
        },
      ],
      { rounds: ROUNDS, warmUp: 2 },
    );
    if (answers.size !== 1) throw new Error(`the two do not agree: ${[...answers].join(' ')}`);
    return [
      {
        name: 'code-stats',
        what: WHAT,
        unit: 'ms',
        value: medianOf(samples, OURS),
        comparisons: [{ peer: PEER, peerValue: medianOf(samples, PEER), target: { kind: 'at-most', value: 3 } }],
      },
    ];
  } finally {
    workspace.close();
  }
}

/** Builds the skill's own source for this machine; answers why not, if so. */
function buildNative(target: string): string | undefined {
  if (spawnSync('cc', ['--version']).status !== 0) return 'no cc';
  const sources = ['common', 'code-stats'].flatMap((folder) => globSync(join(SKILLS, '_src', folder, '*.c')));
  const { status, stderr } = spawnSync('cc', ['-std=gnu17', '-O2', '-o', target, ...sources], { encoding: 'utf8' });
  return status === 0 ? undefined : `cc does not build it: ${stderr.split('\n')[0]}`;
}

/** 400 directories of 50 files, 2 KiB each in the mean, in five languages. */
function plantTree(tree: string): void {
  const endings = ['ts', 'c', 'py', 'md', 'rs'];
  for (let directory = 0; directory < DIRECTORIES; directory++) {
    const path = join(tree, `part-${directory % 20}`, `module-${directory}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_EACH; file++) {
      const lines = Array.from({ length: 20 + ((directory * 7 + file * 13) % 80) }, (_, line) =>
        line % 5 === 0
          ? `// ${line}: what stands below`
          : line % 7 === 0
            ? ''
            : `const value${line} = "${file}" + ${line};`,
      );
      writeFileSync(join(path, `file-${file}.${endings[file % endings.length]}`), `${lines.join('\n')}\n`);
    }
  }
}

function bundledSkill(name: string): Granted {
  const skills = new BundledSkills({
    dir: SKILLS,
    roots: new Map([[projectRoot(), PROJECT_ROOT_NAME]]),
    revoked: () => ({ keys: new Set(), digests: new Set(), publishers: new Set() }),
    clock: systemClock,
  });
  const parsed = parseSkillName(name);
  if (parsed === undefined) throw new TypeError(`${name} is no skill name`);
  const verified = skills.load(parsed);
  return grant(verified, bundledGrants(verified.value));
}

function totalsOf(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null || !('totals' in answer))
    throw new Error('an answer without totals');
  return JSON.stringify(answer.totals);
}
