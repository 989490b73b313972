import { type Build, collect, EXITS } from './build.ts';

export function toolCommands({ act, add, group }: Build): void {
  const tool = group('tool', "wirken's own tools on the workspace, each asked for and recorded");

  add(tool, 'list', 'the tools, what each asks for, and how it is called').action(async (options) =>
    act(options, async (context) => (await import('../tool.ts')).toolList(context)),
  );

  add(
    tool,
    'run <name> [words...]',
    'call one: NAME [ARGS…]; ARGS are one JSON object, or key=value, --key value, --flag and plain words',
    `${EXITS} exec answers with the exit code of its program, at most 63.`,
  )
    .passThroughOptions()
    .option('--workspace <dir>', 'the directory that the tools see (default: the current one)')
    .option('--input <json>', 'the arguments as one JSON object, instead of ARGS; - reads it from stdin')
    .option(
      '--allow <variant[:pattern]>',
      'allow without asking: WorkspaceWrite:docs/** for instance (repeatable)',
      collect,
      [],
    )
    .option('--allow-broad-workspace', 'let the workspace be / or the home directory')
    .action(async (name, words, options) =>
      act(options, async (context) => (await import('../tool-command.ts')).toolCommand(context, name, words, options)),
    );
}
