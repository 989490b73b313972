import type { Build } from './build.ts';

export function keyCommands({ act, add, group }: Build): void {
  const key = group('key', 'your own signing keys');

  add(key, 'new [name]', 'make a signing key (named "default" unless you name it)').action(async (name, options) =>
    act(options, async (context) => (await import('../key.ts')).keyNew(context, name ?? 'default')),
  );

  add(key, 'list', 'your signing keys, public halves only').action(async (options) =>
    act(options, async (context) => (await import('../key.ts')).keyList(context)),
  );

  add(
    key,
    'request <root>',
    'ask a root (64 hex digits) to delegate to a key of yours: prints the request to send to it',
  )
    .option('--key <file|name>', 'your key', 'default')
    .action(async (root, options) =>
      act(options, async (context) => (await import('../key.ts')).keyRequest(context, root, options)),
    );
}
