import { type Build, collect } from './build.ts';

export function trustCommands({ act, add, group }: Build): void {
  const trust = group('trust', 'whose signatures count');

  add(trust, 'add <key>', 'trust a root key (64 hex digits): skills whose signer it delegated count as root-delegated')
    .option('--name <name>', 'what to call it')
    .action(async (key, options) =>
      act(options, async (context) => (await import('../trust.ts')).trustAdd(context, key, options)),
    );

  add(trust, 'list', 'the roots, what is revoked, and which key each skill name belongs to').action(async (options) =>
    act(options, async (context) => (await import('../trust.ts')).trustList(context)),
  );

  add(trust, 'remove <key>', 'no longer trust a root: its key or its name').action(async (key, options) =>
    act(options, async (context) => (await import('../trust.ts')).trustRemove(context, key)),
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
      act(options, async (context) => (await import('../trust.ts')).trustDelegate(context, request, options)),
    );

  add(
    trust,
    'revoke <what>',
    'refuse from now on, installed or not: a key or a bundle digest (64 hex digits), or a publisher',
  ).action(async (what, options) =>
    act(options, async (context) => (await import('../trust.ts')).trustRevoke(context, what)),
  );
}
