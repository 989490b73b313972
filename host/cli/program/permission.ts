import type { Command } from 'commander';
import { type Build, collect } from './build.ts';

const TARGET =
  'TARGET is VARIANT, VARIANT:PATTERN or *: WorkspaceWrite:docs/**, NetworkRequest:api.example.com, SkillRun:hash, ShellExec:git log *';

export function permissionCommands({ act, add, group }: Build): void {
  const permission = group('permission', 'what may be done without asking, and what may not be done at all');

  add(permission, 'list', 'the rules, and the answers that are remembered').action(async (options) =>
    act(options, async (context) => (await import('../permission.ts')).permissionList(context)),
  );

  for (const effect of ['allow', 'deny'] as const) {
    narrowed(
      add(
        permission,
        `${effect} <target>`,
        effect === 'allow'
          ? `add a rule: allowed without asking, within what is granted. ${TARGET}`
          : `add a rule: never, whatever anybody answers. ${TARGET}`,
      ),
    ).action(async (target, options) =>
      act(options, async (context) =>
        (await import('../permission.ts')).permissionAdd(context, effect, target, options),
      ),
    );
  }

  add(
    permission,
    'revoke <what>',
    'remove a rule, as `permission list` prints it, or a remembered answer by its id',
  ).action(async (what, options) =>
    act(options, async (context) => (await import('../permission.ts')).permissionRevoke(context, what)),
  );

  narrowed(
    add(
      permission,
      'test <action>',
      'what would happen if VARIANT:SUBJECT were asked for, and which rule decides; nothing is done or recorded',
      'Exits 0 when it would be allowed without asking, 1 when it would be asked or denied, 2 for wrong usage.',
    ),
  )
    .option('--allow <variant[:pattern]>', 'as if the command had been given this (repeatable)', collect, [])
    .action(async (action, options) =>
      act(options, async (context) => (await import('../permission.ts')).permissionTest(context, action, options)),
    );
}

function narrowed(command: Command): Command {
  return command
    .option('--skill <name>', 'asked for by this skill')
    .option('--channel <name>', 'on this channel')
    .option('--agent <name>', 'by this agent')
    .option('--person <name>', 'for this person');
}
