import type { Command } from 'commander';
import type { Build } from './build.ts';

/** The commands of whoever writes a skill. */
export function authorCommands(skill: Command, { act, add }: Pick<Build, 'act' | 'add'>): void {
  add(skill, 'new <name>', 'start a skill of your own: a directory that builds, tests and runs')
    .option('--template <template>', 'ts, js, c, rust, assemblyscript or wat', 'ts')
    .action(async (name, options) =>
      act(options, async (context) => (await import('../skill/new.ts')).skillNew(context, name, options)),
    );

  add(skill, 'build [dir]', "make skill.wasm from a skill's sources, as its skill.json says").action(
    async (dir, options) =>
      act(options, async (context) => (await import('../skill/build.ts')).skillBuild(context, dir ?? '.')),
  );

  add(
    skill,
    'test [dir]',
    "run the cases of a skill's tests/ in the sandbox, each in a scratch workspace; needs no signature",
    'Exits 0 when every case came out as expected, 1 when one did not, 2 for wrong usage.',
  )
    .option('--filter <text>', 'only the cases whose name holds this')
    .action(async (dir, options) =>
      act(options, async (context) => (await import('../skill/test.ts')).skillTest(context, dir ?? '.', options)),
    );
}
