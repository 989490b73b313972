import { type Build, collect, EXITS } from './build.ts';

export function otherCommands({ act, add, program }: Build): void {
  add(program, 'chat', 'talk to wirken in the terminal: /skill-name, /skills, /help, tab completion')
    .option('--workspace <dir>', 'the directory that skills see as /workspace (default: the current one)')
    .option(
      '--allow <variant[:pattern]>',
      'allow without asking: WorkspaceWrite:docs/** for instance (repeatable)',
      collect,
      [],
    )
    .option('--allow-broad-workspace', 'let the workspace be / or the home directory')
    .action(async (options) =>
      act(options, async (context) => (await import('../chat-command.ts')).chatCommand(context, options)),
    );

  add(
    program,
    'ask <text...>',
    'one message, "/code-stats src" for instance; prints the answer',
    `${EXITS} A tool may name its own exit code, 0 to 63.`,
  )
    .passThroughOptions()
    .option('--workspace <dir>', 'the directory that skills see as /workspace (default: the current one)')
    .option(
      '--allow <variant[:pattern]>',
      'allow without asking: WorkspaceWrite:docs/** for instance (repeatable)',
      collect,
      [],
    )
    .option('--allow-broad-workspace', 'let the workspace be / or the home directory')
    .action(async (text, options) =>
      act(options, async (context) => (await import('../chat-command.ts')).askCommand(context, text, options)),
    );

  add(
    program,
    'doctor',
    'what is set up, what is fenced and how, what to do next',
    'Exits 0 when nothing is wrong, 1 when something is, 2 for wrong usage.',
  ).action(async (options) => act(options, async (context) => (await import('../doctor.ts')).doctor(context)));

  add(program, 'welcome', 'what wirken is and what to do next').action(async (options) =>
    act(options, async (context) => (await import('../welcome.ts')).welcome(context)),
  );
}
