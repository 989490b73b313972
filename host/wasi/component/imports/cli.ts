import { GuestExit } from '../../world.ts';
import type { Guest } from './guest.ts';
import { InputStream, OutputStream, Resource } from './io.ts';
import type { Result } from './result.ts';

/** `wasi:cli/terminal-input` and `-output`: no guest ever gets one. */
class Terminal extends Resource {}

const decoder = new TextDecoder();

/** `wasi:cli`: arguments, environment, exit and the standard streams; `stdout` says where the guest's standard output goes. */
export function cli(guest: Guest, stdout: 'stdout' | 'stderr') {
  const none = (): undefined => undefined;
  return {
    environment: {
      getEnvironment: (): [string, string][] => guest.world.env.map((bytes) => variable(decoder.decode(bytes))),
      getArguments: (): string[] => guest.world.args.map((bytes) => decoder.decode(bytes)),
      initialCwd: none,
    },
    exit: {
      exit: (status: Result<undefined, undefined>): never => guest.finish(new GuestExit(status.tag === 'ok' ? 0 : 1)),
      exitWithCode: (code: number): never => guest.finish(new GuestExit(code)),
    },
    stdin: { getStdin: () => new InputStream(guest, (into) => guest.within(({ stdin }) => stdin.read(into))) },
    stdout: { getStdout: () => sink(guest, stdout) },
    stderr: { getStderr: () => sink(guest, 'stderr') },
    'terminal-input': { TerminalInput: Terminal },
    'terminal-output': { TerminalOutput: Terminal },
    'terminal-stdin': { getTerminalStdin: none },
    'terminal-stdout': { getTerminalStdout: none },
    'terminal-stderr': { getTerminalStderr: none },
  };
}

function sink(guest: Guest, which: 'stdout' | 'stderr'): OutputStream {
  return new OutputStream(guest, (from) => {
    guest.within((world) => world[which].write(from));
    return undefined;
  });
}

function variable(text: string): [string, string] {
  const split = text.indexOf('=');
  return split < 0 ? [text, ''] : [text.slice(0, split), text.slice(split + 1)];
}
