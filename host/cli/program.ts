import { Command } from 'commander';
import { shownText } from '../base/shown.ts';
import type { Context } from './context.ts';
import { type Build, EXITS } from './program/build.ts';
import { auditCommands } from './program/audit.ts';
import { keyCommands } from './program/key.ts';
import { permissionCommands } from './program/permission.ts';
import { otherCommands } from './program/other.ts';
import { sessionCommands } from './program/session.ts';
import { skillCommands } from './program/skill.ts';
import { toolCommands } from './program/tool.ts';
import { trustCommands } from './program/trust.ts';
import { wasmCommands } from './program/wasm.ts';

/** Makes the context of a command, once its common options are known. */
export type Open = (options: { readonly json: boolean }) => Promise<Context>;

/** Takes the exit code of the command that ran. */
export type Done = (code: number) => void;

const JSON_OPTION = ['--json', 'print the result (or the error) as JSON'] as const;

/** Those that a verb follows, in the order of the help. */
const NOUNS: ReadonlyMap<string, (build: Build) => void> = new Map([
  ['skill', skillCommands],
  ['trust', trustCommands],
  ['key', keyCommands],
  ['wasm', wasmCommands],
  ['permission', permissionCommands],
  ['tool', toolCommands],
  ['session', sessionCommands],
  ['audit', auditCommands],
]);

/**
 * The whole command line, or with `noun`, if it is one, no more of it than that wants. Actions are loaded when they run, so that a start
 * pays only for its own command. `docs/cli.md` is printed from this.
 */
export function buildProgram(open: Open, done: Done, version: string, noun = ''): Command {
  const program = new Command('wirken')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(shownText(text)) })
    .description('Runs skills you did not write without having to trust them.')
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows how it is used)')
    .configureHelp({ showGlobalOptions: false });

  const build: Build = {
    program,
    group: (name, summary) => program.command(name).description(summary),
    add: (parent, usage, summary, exits = EXITS) =>
      parent
        .command(usage)
        .description(summary)
        .option(...JSON_OPTION)
        .addHelpText('after', `\n${exits}`),
    act: async (options, body) => done(await body(await open({ json: options.json === true }))),
  };
  const only = NOUNS.get(noun);
  for (const commands of only === undefined ? [...NOUNS.values(), otherCommands] : [only]) commands(build);
  return program;
}
