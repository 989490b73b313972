import type { Build } from './build.ts';
import { VERIFY_EXITS } from './verify-exits.ts';

const ID = 'ID is the id of a session, the beginning of one, or latest.';

export function sessionCommands({ act, add, group }: Build): void {
  const session = group('session', 'what was done: each command and each chat is a session');

  add(session, 'list', 'the sessions of the audit log, newest first')
    .option('--limit <n>', 'at most so many; 0 for all', '20')
    .option('--channel <channel>', 'only those of one channel: cli, chat, …')
    .option('--since <time>', 'only those that were active since: 2026-03-01, 2h, 3d')
    .action(async (options) =>
      act(options, async (context) => (await import('../session-view/list.ts')).sessionList(context, options)),
    );

  add(session, 'show <id>', 'a session as a story: who asked, what was decided and by what, what ran, what came out')
    .option('--full', 'cut nothing: whole arguments, results and logs')
    .addHelpText('after', ID)
    .action(async (id, options) =>
      act(options, async (context) => (await import('../session-view/show.ts')).sessionShow(context, id, options)),
    );

  add(
    session,
    'verify <id>',
    'check the hashes and heads of a session, and make its tool calls and skill calls again to see whether the same comes out',
    VERIFY_EXITS,
  )
    .option('--key <hex>', 'the public key of the log (default: the one pinned beside it)')
    .addHelpText('after', ID)
    .action(async (id, options) =>
      act(options, async (context) => (await import('../session-view/verify.ts')).sessionVerify(context, id, options)),
    );
}
