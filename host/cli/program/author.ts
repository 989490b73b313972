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

  add(skill, 'dev [dir]', 'build and test again whenever a file of the skill changes, until Ctrl-C').action(
    async (dir, options) =>
      act(options, async (context) => (await import('../skill/dev.ts')).skillDev(context, dir ?? '.')),
  );

  add(
    skill,
    'inspect <path>',
    'what a skill or a .wasm file is made of: imports, exports, memory, sections, producers; who signed it, what it may do and did last',
  ).action(async (path, options) =>
    act(options, async (context) => (await import('../skill/inspect.ts')).skillInspect(context, path)),
  );

  add(
    skill,
    'record <dir> [words...]',
    'run a tool once in a copy of the workspace in which it may read everything, and propose the smallest permissions that would have sufficed',
  )
    .passThroughOptions()
    .option('--workspace <dir>', 'the directory that is copied (default: the current one)')
    .option('--input <json>', "the tool's arguments as one JSON object, instead of words")
    .action(async (dir, words, options) =>
      act(options, async (context) => (await import('../skill/record.ts')).skillRecord(context, dir, words, options)),
    );
}
