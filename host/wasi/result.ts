import { decodeUtf8 } from '../base/bytes.ts';
import type { Json } from '../base/jcs.ts';
import { faultsText, validatorOf } from '../skill/schema.ts';
import type { Tool } from '../skill/skill.ts';

/** What a tool answered, taken apart. */
export type ToolResult =
  | {
      readonly kind: 'result';
      /** Valid by the tool's `output`; absent if the tool answers text. */
      readonly output?: Json;
      /** stdout as it was. */
      readonly text: string;
      /** Markdown for a person, if the tool declares where it stands. */
      readonly display?: string;
      /** 0 unless the tool declares where it stands. */
      readonly exitCode: number;
    }
  | { readonly kind: 'result-invalid'; readonly message: string };

const MAX_EXIT_CODE = 63;

/** Takes stdout for what the tool declares it to be. */
export function parseResult(tool: Tool, stdout: Uint8Array): ToolResult {
  const text = decodeUtf8(stdout);
  if (text === undefined) return invalid('it is not UTF-8 text');
  if (tool.output === undefined) return { kind: 'result', text, exitCode: 0 };
  let output: Json;
  try {
    output = JSON.parse(text);
  } catch {
    return invalid(text.trim() === '' ? 'it is empty, and JSON was declared' : 'it is not JSON');
  }
  const faults = validatorOf(tool.output).validate(output);
  if (faults.length > 0) return invalid(`it breaks the schema of its output: ${faultsText(faults.slice(0, 3))}`);
  const display = tool.display === undefined ? undefined : at(output, tool.display);
  const exitCode = tool.exitCode === undefined ? 0 : at(output, tool.exitCode);
  if (typeof exitCode !== 'number' || !Number.isInteger(exitCode) || exitCode < 0 || exitCode > MAX_EXIT_CODE) {
    return invalid(`${tool.exitCode ?? ''} is no exit code from 0 to ${MAX_EXIT_CODE}`);
  }
  return { kind: 'result', output, text, exitCode, ...(typeof display === 'string' ? { display } : {}) };
}

/** The value that a JSON Pointer names, or `undefined`. Source: RFC 6901 §4. */
function at(value: Json, pointer: string): Json | undefined {
  let here: Json | undefined = value;
  for (const escaped of pointer.split('/').slice(1)) {
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = Object.entries(here).find(([name]) => name === key)?.[1];
  }
  return here;
}

function invalid(message: string): ToolResult {
  return { kind: 'result-invalid', message };
}
