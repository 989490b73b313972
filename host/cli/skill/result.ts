import type { Tool } from '../../skill/skill.ts';
import type { SkillOutcome } from '../../wasi/run.ts';
import type { Context } from '../context.ts';
import { jsonText } from '../terminal/json.ts';
import { shownText } from '../../base/shown.ts';

type Done = Extract<SkillOutcome, { readonly kind: 'done' }>;

/**
 * Prints a result and answers the tool's exit code. `--json`: the output itself, or `{"text": …}` from a tool that answers text. For a
 * person: the Markdown that the tool made for one, otherwise its JSON or text. Nothing in it acts on a terminal.
 */
export async function printResult(context: Context, tool: Tool, outcome: Done): Promise<number> {
  const { out, style } = context;
  const { output, display, text, exitCode } = outcome;
  if (out.json) out.result('', output ?? { text });
  else if (display !== undefined && out.terminal) {
    // Its parser is loaded for a person alone: what goes into a pipe stays Markdown.
    const { markdownLines } = await import('../terminal/markdown.ts');
    out.result(markdownLines(display, style, out.columns).join('\n'), null);
  } else if (display !== undefined) out.result(shownText(display), null);
  else if (output !== undefined) out.result(jsonText(output), null);
  else if (out.terminal) out.result(shownText(text), null);
  else out.raw(Buffer.from(text));
  return exitCode;
}
