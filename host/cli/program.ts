import { Command } from 'commander';
import { shownText } from '../base/shown.ts';
import type { Context } from './context.ts';

/** Makes the context of a command, once its common options are known. */
export type Open = (options: { readonly json: boolean }) => Promise<Context>;

/** Takes the exit code of the command that ran. */
export type Done = (code: number) => void;

const EXITS = 'Exits 0 when done, 1 when refused or failed, 2 for wrong usage.';
const JSON_OPTION = ['--json', 'print the result (or the error) as JSON'] as const;

/**
 * The whole command line. Actions are loaded when they run, so that a start pays only for its own command.
 * `docs/cli.md` is printed from this.
 */
export function buildProgram(open: Open, done: Done, version: string): Command {
  const program = new Command('wirken')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(shownText(text)) })
    .description('Runs skills you did not write without having to trust them.')
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows how it is used)')
    .configureHelp({ showGlobalOptions: false });

  /** A command below `parent`, with what all of them share. */
  function add(parent: Command, usage: string, summary: string, exits = EXITS): Command {
    return parent
      .command(usage)
      .description(summary)
      .option(...JSON_OPTION)
      .addHelpText('after', `\n${exits}`);
  }

  /** Runs `body` with a context and reports its exit code. */
  async function act(options: { json?: boolean }, body: (context: Context) => Promise<number>): Promise<void> {
    done(await body(await open({ json: options.json === true })));
  }

  function group(name: string, summary: string): Command {
    return program.command(name).description(summary);
  }

  skillCommands();
  trustCommands();
  keyCommands();
  wasmCommands();
  otherCommands();
  return program;

  function skillCommands(): void {
    const skill = group('skill', 'sign, verify, install and run skills');

    add(skill, 'list', 'the skills that are here: installed and bundled').action(async (options) =>
      act(options, async (context) => (await import('./skill/list.ts')).skillList(context)),
    );

    add(skill, 'info <name>', 'all about one skill: who signed it, what it may do, its tools').action(
      async (name, options) =>
        act(options, async (context) => (await import('./skill/info.ts')).skillInfo(context, name)),
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
        act(options, async (context) => (await import('./skill/run.ts')).skillRun(context, name, words, options)),
      );

    add(
      skill,
      'verify <dir>',
      'check a bundle: signature, every file, trust; prints trust, key, digest, and what it asks for',
      'Exits 0 when the bundle is good, 1 with the refusal code when not, 2 for wrong usage.',
    ).action(async (dir, options) =>
      act(options, async (context) => (await import('./skill/verify.ts')).skillVerify(context, dir)),
    );

    add(skill, 'sign <dir>', 'pin every file by digest in SKILL.md and sign it: writes SKILL.md, SKILL.sig, SKILL.pub')
      .option('--key <file|name>', 'the key: a seed file, or a name from `wirken key list`', 'default')
      .option('--delegation <file>', "the root's delegation of this key, copied to SKILL.deleg")
      .action(async (dir, options) =>
        act(options, async (context) => (await import('./skill/sign.ts')).skillSign(context, dir, options)),
      );

    add(skill, 'lint <dir>', 'look for faults in a bundle that is being written; needs no signature')
      .option('--fix', 'repair what can be repaired without asking: line ends, byte order mark')
      .action(async (dir, options) =>
        act(options, async (context) => (await import('./skill/lint.ts')).skillLint(context, dir, options)),
      );

    add(skill, 'pack <dir>', 'make the .skill archive of a signed bundle, the same bytes every time')
      .option('--out <file>', 'where to (default: NAME-VERSION.skill in the current directory)')
      .action(async (dir, options) =>
        act(options, async (context) => (await import('./skill/pack.ts')).skillPack(context, dir, options)),
      );

    add(
      skill,
      'install <source>',
      'install from a directory, a .skill or a .tgz, after asking for what the skill wants',
    )
      .option('--yes', 'grant exactly what the manifest asks for, without asking')
      .option('--grant <permission>', 'grant only this, e.g. filesystem.read:src/** (repeatable)', collect, [])
      .option('--accept-new-key', 'accept that the skill is now signed by another key')
      .option('--allow-downgrade', 'accept a lower version than the one that was installed')
      .action(async (source, options) =>
        act(options, async (context) => (await import('./skill/install.ts')).skillInstall(context, source, options)),
      );

    add(
      skill,
      'update [name]',
      'install again from where a skill (or every skill) came from, showing what it asks anew',
    )
      .option('--yes', 'grant what the new version asks for, without asking')
      .option('--accept-new-key', 'accept that the skill is now signed by another key')
      .option('--allow-downgrade', 'accept a lower version than the one that was installed')
      .action(async (name, options) =>
        act(options, async (context) => (await import('./skill/update.ts')).skillUpdate(context, name, options)),
      );

    add(skill, 'remove <name>', 'remove an installed skill; whom its name belongs to stays known').action(
      async (name, options) =>
        act(options, async (context) => (await import('./skill/remove.ts')).skillRemove(context, name)),
    );
  }

  function trustCommands(): void {
    const trust = group('trust', 'whose signatures count');

    add(
      trust,
      'add <key>',
      'trust a root key (64 hex digits): skills whose signer it delegated count as root-delegated',
    )
      .option('--name <name>', 'what to call it')
      .action(async (key, options) =>
        act(options, async (context) => (await import('./trust.ts')).trustAdd(context, key, options)),
      );

    add(trust, 'list', 'the roots, what is revoked, and which key each skill name belongs to').action(async (options) =>
      act(options, async (context) => (await import('./trust.ts')).trustList(context)),
    );

    add(trust, 'remove <key>', 'no longer trust a root: its key or its name').action(async (key, options) =>
      act(options, async (context) => (await import('./trust.ts')).trustRemove(context, key)),
    );

    add(
      trust,
      'delegate <request>',
      'sign with a root key that another key may sign skills: REQUEST is what `wirken key request` printed, or its file',
    )
      .requiredOption('--root-key <file|name>', "the root's seed file, or a name from `wirken key list`")
      .option('--names <pattern>', 'skill names it may sign: a name, prefix-*, or * (repeatable)', collect, [])
      .option('--publisher <name>', 'the publisher that the key belongs to: makes a version 2 delegation')
      .option('--days <n>', 'how many days it is valid', '365')
      .option('--serial <n>', 'its serial number', '1')
      .option('--out <file>', 'write it to this file instead of stdout')
      .action(async (request, options) =>
        act(options, async (context) => (await import('./trust.ts')).trustDelegate(context, request, options)),
      );

    add(
      trust,
      'revoke <what>',
      'refuse from now on, installed or not: a key or a bundle digest (64 hex digits), or a publisher',
    ).action(async (what, options) =>
      act(options, async (context) => (await import('./trust.ts')).trustRevoke(context, what)),
    );
  }

  function keyCommands(): void {
    const key = group('key', 'your own signing keys');

    add(key, 'new [name]', 'make a signing key (named "default" unless you name it)').action(async (name, options) =>
      act(options, async (context) => (await import('./key.ts')).keyNew(context, name ?? 'default')),
    );

    add(key, 'list', 'your signing keys, public halves only').action(async (options) =>
      act(options, async (context) => (await import('./key.ts')).keyList(context)),
    );

    add(
      key,
      'request <root>',
      'ask a root (64 hex digits) to delegate to a key of yours: prints the request to send to it',
    )
      .option('--key <file|name>', 'your key', 'default')
      .action(async (root, options) =>
        act(options, async (context) => (await import('./key.ts')).keyRequest(context, root, options)),
      );
  }

  function wasmCommands(): void {
    const wasm = group('wasm', 'any WASI program in the same sandbox');

    add(
      wasm,
      'run <file> [args...]',
      'run a WASI module or component; stdin, stdout, stderr and the exit code pass through; nothing of this machine is visible but what --dir names',
      "Exits with the program's own status (one of 124 and more becomes 123), or 124 when the time limit ended it, 125 when\nanother limit did, 134 when it trapped, 126 when it was refused before it ran; 2 for wrong usage.",
    )
      .passThroughOptions()
      .option('--dir <host::guest[:ro]>', 'show a directory to the guest (repeatable)', collect, [])
      .option('--env <name=value>', 'set a variable for the guest (repeatable)', collect, [])
      .option('--memory <size>', 'memory limit, e.g. 64MiB (default 256MiB)')
      .option('--time <seconds>', 'time limit in seconds (default 10, at most 300)')
      .option('--output <size>', 'limit of stdout and of stderr (default 8MiB)')
      .option('--allow-broad-workspace', 'let --dir be / or the home directory')
      .action(async (file, args, options) =>
        act(options, async (context) => (await import('./wasm.ts')).wasmRun(context, file, args, options)),
      );
  }

  function otherCommands(): void {
    add(program, 'chat', 'talk to wirken in the terminal: /skill-name, /skills, /help, tab completion')
      .option('--workspace <dir>', 'the directory that skills see as /workspace (default: the current one)')
      .option('--allow-broad-workspace', 'let the workspace be / or the home directory')
      .action(async (options) =>
        act(options, async (context) => (await import('./chat-command.ts')).chatCommand(context, options)),
      );

    add(
      program,
      'ask <text...>',
      'one message, "/code-stats src" for instance; prints the answer',
      `${EXITS} A tool may name its own exit code, 0 to 63.`,
    )
      .passThroughOptions()
      .option('--workspace <dir>', 'the directory that skills see as /workspace (default: the current one)')
      .option('--allow-broad-workspace', 'let the workspace be / or the home directory')
      .action(async (text, options) =>
        act(options, async (context) => (await import('./chat-command.ts')).askCommand(context, text, options)),
      );

    add(
      program,
      'doctor',
      'what is set up, what is fenced and how, what to do next',
      'Exits 0 when nothing is wrong, 1 when something is, 2 for wrong usage.',
    ).action(async (options) => act(options, async (context) => (await import('./doctor.ts')).doctor(context)));

    add(program, 'welcome', 'what wirken is and what to do next').action(async (options) =>
      act(options, async (context) => (await import('./welcome.ts')).welcome(context)),
    );
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
