import { authorCommands } from './author.ts';
import { type Build, collect, EXITS } from './build.ts';

export function skillCommands({ act, add, group }: Build): void {
  const skill = group('skill', 'sign, verify, install and run skills');

  add(skill, 'list', 'the skills that are here: installed and bundled').action(async (options) =>
    act(options, async (context) => (await import('../skill/list.ts')).skillList(context)),
  );

  add(skill, 'info <name>', 'all about one skill: who signed it, what it may do, its tools').action(
    async (name, options) =>
      act(options, async (context) => (await import('../skill/info.ts')).skillInfo(context, name)),
  );

  add(
    skill,
    'run <name> [words...]',
    'run a tool of a skill: NAME|DIR [TOOL] [ARGS…]; ARGS are one JSON object, or key=value, --key value, --flag and plain words',
    `${EXITS} A tool may name its own exit code, 0 to 63.`,
  )
    .passThroughOptions()
    .option('--workspace <dir>', 'the directory that the skill sees as /workspace (default: the current one)')
    .option('--input <json>', "the tool's arguments as one JSON object, instead of ARGS; - reads it from stdin")
    .option('--yes', 'run it without asking (covers the run itself; more needs --allow)')
    .option('--allow <variant[:pattern]>', 'also allow: WorkspaceWrite[:GLOB] (repeatable)', collect, [])
    .option('--dev', 'run an unsigned directory of your own, its grants asked each time')
    .option('--allow-broad-workspace', 'let the workspace be / or the home directory')
    .action(async (name, words, options) =>
      act(options, async (context) => (await import('../skill/run.ts')).skillRun(context, name, words, options)),
    );

  add(
    skill,
    'verify <dir>',
    'check a bundle: signature, every file, trust; prints trust, key, digest, and what it asks for',
    'Exits 0 when the bundle is good, 1 with the refusal code when not, 2 for wrong usage.',
  ).action(async (dir, options) =>
    act(options, async (context) => (await import('../skill/verify.ts')).skillVerify(context, dir)),
  );

  add(skill, 'sign <dir>', 'pin every file by digest in SKILL.md and sign it: writes SKILL.md, SKILL.sig, SKILL.pub')
    .option('--key <file|name>', 'the key: a seed file, or a name from `wirken key list`', 'default')
    .option('--delegation <file>', "the root's delegation of this key, copied to SKILL.deleg")
    .action(async (dir, options) =>
      act(options, async (context) => (await import('../skill/sign.ts')).skillSign(context, dir, options)),
    );

  authorCommands(skill, { act, add });

  add(skill, 'lint <dir>', 'look for faults in a bundle that is being written; needs no signature')
    .option('--fix', 'repair what can be repaired without asking: line ends, byte order mark')
    .action(async (dir, options) =>
      act(options, async (context) => (await import('../skill/lint.ts')).skillLint(context, dir, options)),
    );

  add(skill, 'pack <dir>', 'make the .skill archive of a signed bundle, the same bytes every time')
    .option('--out <file>', 'where to (default: NAME-VERSION.skill in the current directory)')
    .action(async (dir, options) =>
      act(options, async (context) => (await import('../skill/pack.ts')).skillPack(context, dir, options)),
    );

  add(skill, 'install <source>', 'install from a directory, a .skill or a .tgz, after asking for what the skill wants')
    .option('--yes', 'grant exactly what the manifest asks for, without asking')
    .option('--grant <permission>', 'grant only this, e.g. filesystem.read:src/** (repeatable)', collect, [])
    .option('--accept-new-key', 'accept that the skill is now signed by another key')
    .option('--allow-downgrade', 'accept a lower version than the one that was installed')
    .action(async (source, options) =>
      act(options, async (context) => (await import('../skill/install.ts')).skillInstall(context, source, options)),
    );

  add(skill, 'update [name]', 'install again from where a skill (or every skill) came from, showing what it asks anew')
    .option('--yes', 'grant what the new version asks for, without asking')
    .option('--accept-new-key', 'accept that the skill is now signed by another key')
    .option('--allow-downgrade', 'accept a lower version than the one that was installed')
    .action(async (name, options) =>
      act(options, async (context) => (await import('../skill/update.ts')).skillUpdate(context, name, options)),
    );

  add(skill, 'remove <name>', 'remove an installed skill; whom its name belongs to stays known').action(
    async (name, options) =>
      act(options, async (context) => (await import('../skill/remove.ts')).skillRemove(context, name)),
  );
}
