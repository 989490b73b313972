import { argumentsFromJson, argumentsFromWords } from '../slash/grammar.ts';
import type { Arguments } from '../slash/grammar.ts';
import { usageLine } from '../slash/usage.ts';
import type { CallForm } from '../slash/usage.ts';
import { splitWords } from '../slash/words.ts';
import type { Tool } from '../../skill/skill.ts';
import { builtinTool } from './builtin-tools.ts';
import type { BuiltinTool } from './tool.ts';

/** What words behind a tool's name call. Both texts of `usage` are one line and safe to show. */
export type ToolWords =
  | Arguments
  /** There is no such tool; the name is not yet made harmless. */
  | { readonly kind: 'unknown'; readonly name: string };

/** A built-in tool as the grammar of commands and completion see every tool. */
export function asTool({ name, description, parameters, output, access }: BuiltinTool): Tool {
  return {
    name,
    description,
    parameters,
    output,
    readOnly: access === 'read-only',
    idempotent: access === 'read-only',
  };
}

/** `wirken tool run NAME WORDS…`, split by a shell; `input` are the arguments as one JSON object, from elsewhere. */
export function parseToolCommand(name: string, words: readonly string[], input?: string): ToolWords {
  const tool = builtinTool(name);
  if (tool === undefined) return { kind: 'unknown', name };
  if (input === undefined) return argumentsFromWords(tool.name, asTool(tool), words, 'tool-command');
  if (words.length === 0) return argumentsFromJson(tool.name, asTool(tool), input, 'tool-command');
  return wrong(tool, 'beside --input no further arguments may stand', 'tool-command');
}

/** The text behind `/tool` in a chat: a name, and its arguments as words or as one JSON object. */
export function parseToolLine(rest: string): ToolWords & { readonly name: string } {
  const [name = '', text = ''] = /^(\S*)\s*([^]*)$/.exec(rest.trim())?.slice(1) ?? [];
  const tool = builtinTool(name);
  if (tool === undefined) return { kind: 'unknown', name };
  const form = 'tool-slash';
  if (text.startsWith('{')) return { ...argumentsFromJson(tool.name, asTool(tool), text, form), name };
  const split = splitWords(text);
  if (split.kind === 'unterminated') return { ...wrong(tool, split.message, form), name };
  return {
    ...argumentsFromWords(
      tool.name,
      asTool(tool),
      split.words.map((word) => word.text),
      form,
    ),
    name,
  };
}

function wrong(tool: BuiltinTool, message: string, form: CallForm): Extract<Arguments, { kind: 'usage' }> {
  return { kind: 'usage', message, usage: usageLine(tool.name, asTool(tool), form) };
}
