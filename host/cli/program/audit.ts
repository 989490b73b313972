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
    .option('--export <file>', 'verify an export instead of the log')
    .option('--session <id>', 'only one session; what an export of one session wants')
    .action(async (options) =>
      act(options, async (context) => (await import('../audit/verify.ts')).auditVerify(context, options)),
    );

  add(audit, 'key', 'the public key that the log is signed with').action(async (options) =>
    act(options, async (context) => (await import('../audit/key.ts')).auditKey(context)),
  );

  add(audit, 'checkpoint', 'sign what the log holds now, in a note to keep elsewhere')
    .option('--out <file>', 'write it to this file instead of stdout')
    .option('--force', 'replace a file that is there')
    .action(async (options) =>
      act(options, async (context) => (await import('../audit/checkpoint.ts')).auditCheckpoint(context, options)),
    );

  add(audit, 'redact', 'remove arguments, results and messages from the log for ever; the rows and the chain stay')
    .option('--session <id>', 'of one session: its id, the beginning of it, or latest')
    .option('--row <id>', 'of one row (repeatable)', collect, [])
    .option('--before <time>', 'of what was recorded before then: 2026-03-01, 90d')
    .option('--member <name>', 'only this member: input, output, arguments, … (repeatable)', collect, [])
    .option('--reason <text>', 'why; it stays in the log')
    .option('--yes', 'do not ask')
    .action(async (options) =>
      act(options, async (context) => (await import('../audit/redact.ts')).auditRedact(context, options)),
    );

  add(audit, 'export', 'the rows as JSON lines, exactly as they are signed, for whoever verifies them elsewhere')
    .option('--out <file>', 'write to this file instead of stdout')
    .option('--force', 'replace files that are there')
    .option('--session <id>', 'only one session: its id, the beginning of it, or latest')
    .option('--since <time>', 'only rows from then on; a part of a log does not verify by itself')
    .option('--until <time>', 'only rows before then')
    .option('--with-openings', 'with arguments, results and messages, for everybody who gets the file to read')
    .option('--checkpoint <file>', 'write the last checkpoint over these rows to this file')
    .action(async (options) =>
      act(options, async (context) => (await import('../audit/export.ts')).auditExport(context, options)),
    );

  add(audit, 'prove [row]', 'prove that a row stands in the log, or that the log only grew between two checkpoints')
    .option('--out <file>', 'write the proof to this file instead of stdout')
    .option('--force', 'replace a file that is there')
    .option('--from <note>', 'the earlier checkpoint; the first one of a file with several')
    .option('--to <note>', 'the later one; the last one of a file with several (default: the last of the log)')
    .option('--check <file>', 'check a proof instead; - is stdin')
    .option('--key <hex>', 'the public key of the log (default: the one pinned beside it)')
    .action(async (row, options) =>
      act(options, async (context) => (await import('../audit/prove.ts')).auditProve(context, row, options)),
    );

  const forward = audit.command('forward').description('copies of the log for Datadog, Splunk, Sentinel or a webhook');

  add(forward, 'status', 'how far each receiver of the config has come').action(async (options) =>
    act(options, async (context) => (await import('../audit/forward.ts')).forwardStatusCommand(context)),
  );

  add(forward, 'run', 'send new rows to the receivers of the config, until Ctrl-C')
    .option('--once', 'send what there is, and end')
    .action(async (options) =>
      act(options, async (context) => (await import('../audit/forward.ts')).forwardRun(context, options)),
    );
}
