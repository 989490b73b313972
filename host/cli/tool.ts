import { BUILTIN_TOOLS } from '../agent/tools/builtin-tools.ts';
import type { ToolOutcome } from '../agent/tools/outcome.ts';
import type { BuiltinTool } from '../agent/tools/tool.ts';
import { asTool, parseToolCommand } from '../agent/tools/words.ts';
import { usageLine } from '../agent/slash/usage.ts';
import type { Json } from '../base/jcs.ts';
import { shown, shownText } from '../base/shown.ts';
import { DEFAULT_LIMITS } from '../wasi/limits.ts';
import type { Context } from './context.ts';
import { EXIT, faultJson, faultText, widthOf } from './output.ts';
import type { Fault } from './output.ts';
import { faultOfDenial } from './skill/outcome.ts';
import { readText } from './skill/read-input.ts';
import { tableLines } from './terminal/table.ts';

/** What calls the tools of wirken's own: one session, its gate and its rows. */
export interface ToolHost {
  /** Rejects with `signal.reason`. */
  callTool(name: string, untrustedArgs: Json, signal: AbortSignal): Promise<ToolOutcome>;
}

export interface ToolRunFlags {
  /** The arguments as one JSON object; `-` reads it from stdin. */
  readonly input?: string;
}

/** `tool run NAME [ARGS…]` */
export async function toolRun(
  context: Context,
  name: string,
  words: readonly string[],
  { input }: ToolRunFlags,
  host: ToolHost,
): Promise<number> {
  const text = input === '-' ? await readText(context.stdin, DEFAULT_LIMITS.inputBytes) : input;
  const parsed = parseToolCommand(name, words, text);
  if (parsed.kind === 'usage') {
    const { message, usage } = parsed;
    return printFault(context, { code: 'arguments-invalid', message, remedy: `usage: ${usage}` }, EXIT.usage);
  }
  // A name that is none goes to the gate as well: whoever reads the log sees that it was tried.
  const args = parsed.kind === 'unknown' ? {} : parsed.value;
  const outcome = await host.callTool(name, args, context.signal);
  return outcome.kind === 'done' ? printDone(context, outcome) : printFault(context, toolFault(outcome), EXIT.refused);
}

/** `tool list` */
export async function toolList(context: Context): Promise<number> {
  const tools: readonly BuiltinTool[] = Object.values(BUILTIN_TOOLS);
  const lines = tableLines(
    {
      header: ['tool', 'asks for', 'what it does'],
      rows: tools.map(({ name, kind, description }) => [name, kind, description]),
      ...widthOf(context),
    },
    context.style,
  );
  const usages = tools.map((tool) => usageLine(tool.name, asTool(tool), 'tool-command'));
  context.out.result([...lines, '', ...usages].join('\n'), {
    tools: tools.map(({ name, kind, description, parameters, output, deterministic }) => ({
      name,
      action: kind,
      description,
      parameters,
      output,
      deterministic,
    })),
  });
  return EXIT.done;
}

/** Why a call gave no result, in the words and codes of errors. */
export function toolFault(outcome: Exclude<ToolOutcome, { kind: 'done' }>): Fault {
  const { message, remedy } = outcome;
  const code = outcome.kind === 'denied' ? faultOfDenial(outcome).code : outcome.code;
  return { code, message: shown(message, 2_048), remedy };
}

/** `--json`: the value. For a person: its text; nothing in it acts on a terminal. */
function printDone({ out }: Context, outcome: Extract<ToolOutcome, { kind: 'done' }>): number {
  const { value, text, exitCode = EXIT.done } = outcome;
  if (out.json || out.terminal) out.result(shownText(text), value);
  else out.raw(Buffer.from(text === '' || text.endsWith('\n') ? text : `${text}\n`));
  return exitCode;
}

function printFault({ out }: Context, fault: Fault, exit: number): number {
  if (out.json) out.result('', faultJson(fault));
  else out.note(faultText(fault));
  return exit;
}
