import { type Build, collect } from './build.ts';

export function wasmCommands({ act, add, group }: Build): void {
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
      act(options, async (context) => (await import('../wasm.ts')).wasmRun(context, file, args, options)),
    );
}
