import { type Build, collect } from './build.ts';
import { VERIFY_EXITS } from './verify-exits.ts';

export function auditCommands({ act, add, group }: Build): void {
  const audit = group(
    'audit',
    'the record of everything that was decided and done, and the proof that nobody changed it',
  );

  add(audit, 'log', 'the rows of the audit log, one a line')
    .option('--session <id>', 'only one session: its id, the beginning of it, or latest')
    .option('--action <name>', 'only one action, or one kind of them: skill.call, permission')
    .option('--actor <name>', 'only what one part of wirken wrote')
    .option('--channel <channel>', 'only one channel: cli, chat, …')
    .option('--decision <decision>', 'only decisions that were allowed, or denied')
    .option('--since <time>', 'from then on: 2026-03-01, 2026-03-01T10:00, 2h, 3d')
    .option('--until <time>', 'before then')
    .option('--limit <n>', 'only the last n rows')
    .option('--follow', 'go on with new rows as they come, until Ctrl-C')
    .action(async (options) =>
      act(options, async (context) => (await import('../audit/log.ts')).auditLog(context, options)),
    );

  add(
    audit,
    'verify',
    'check every hash, chain, signature and checkpoint of the log against its public key',
    VERIFY_EXITS,
  )
    .option('--key <hex>', 'the public key of the log (default: the one pinned beside it)')
    .option('--checkpoint <file>', 'a checkpoint that was kept elsewhere (repeatable)', collect, [])
    .option('--export <file>', 'verify an export instead of the log; - is stdin')
    .action(async (options) =>
      act(options, async (context) => (await import('../audit/verify.ts')).auditVerify(context, options)),
    );
}
