import { CommanderError } from 'commander';
import { HostError } from '../base/error.ts';
import { shownJson, shownText } from '../base/shown.ts';
import { readConfig } from '../config.ts';
import { createOutput, EXIT, type Fault, faultJson, faultOf, faultText } from './output.ts';
import { buildProgram } from './program.ts';
import { styleOf, wantsColour } from './terminal/style.ts';

/** 128 + the number of SIGINT, as shells report a program that Ctrl-C ended. */
const INTERRUPTED = 130;
/** 128 + the number of SIGTERM. */
const TERMINATED = 143;

/** What the command line finds beside the code. */
export interface Surroundings {
  readonly version: string;
  /** Absolute: where the skills that come with wirken lie. */
  readonly bundledDir: string;
}

/** Runs one command line to its end and sets the exit code. */
export async function runCommandLine(argv: readonly string[], { version, bundledDir }: Surroundings): Promise<void> {
  const controller = new AbortController();
  let interrupted = INTERRUPTED;
  const stop = (code: number) => () => {
    interrupted = code;
    controller.abort(new DOMException('interrupted', 'AbortError'));
  };
  process.once('SIGINT', stop(INTERRUPTED));
  process.once('SIGTERM', stop(TERMINATED));
  // A reader that went away (`wirken … | head`) is no fault of anyone.
  process.stdout.on('error', (error) => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1));
  process.stderr.on('error', () => undefined);
  // Until a command has said otherwise, nothing was done: should the event loop run dry before, that must not look like success.
  process.exitCode = EXIT.refused;

  let json = argv.includes('--json');
  const program = buildProgram(
    async (options) => {
      json = options.json;
      return {
        config: await readConfig(process.env),
        out: createOutput(process.stdout, process.stderr, json),
        style: styleOf(wantsColour(process.stdout.isTTY, process.env)),
        noteStyle: styleOf(wantsColour(process.stderr.isTTY, process.env)),
        cwd: process.cwd(),
        signal: controller.signal,
        stdin: process.stdin,
        stdout: process.stdout,
        stderr: process.stderr,
        env: process.env,
        bundledDir,
      };
    },
    (code) => {
      process.exitCode = code;
    },
    version,
    argv[2],
  );
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = controller.signal.aborted ? interrupted : report(error, json);
  }
}

/** Prints what went wrong, for a person or for a program, never with a stack; answers the exit code. */
function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    // For a person commander has printed it.
    if (json) printJson({ code: 'usage', message: error.message.replace(/^error: /, '') });
    return EXIT.usage;
  }
  if (error instanceof HostError) {
    const fault = faultOf(error);
    if (json) printJson(fault);
    else process.stderr.write(`${faultText(fault)}\n`);
    return error.code === 'usage' ? EXIT.usage : EXIT.refused;
  }
  const message = `internal error: ${error instanceof Error ? error.message : String(error)}`;
  const remedy = 'This is a fault of wirken. WIRKEN_DEBUG=1 shows where; please report it.';
  if (process.env['WIRKEN_DEBUG'] !== undefined) console.error(error);
  if (json) printJson({ code: 'internal', message, remedy });
  else process.stderr.write(`wirken: ${shownText(message)}\n  ${remedy}\n`);
  return EXIT.refused;
}

function printJson(fault: Fault): void {
  process.stdout.write(`${shownJson(JSON.stringify(faultJson(fault)))}\n`);
}
