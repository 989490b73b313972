import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { isObject } from '../../skill/schema/check.ts';
import { faultsText, validatorOf } from '../../skill/schema.ts';
import type { Tool } from '../../skill/skill.ts';
import { convertWord, convertWords } from './convert.ts';
import { assignWords } from './assign.ts';
import { parametersOf } from './parameters.ts';
import { usageLine } from './usage.ts';
import type { CallForm } from './usage.ts';
import { splitWords } from './words.ts';

/** `/name rest`; `rest` is the text behind the name, untouched but for blanks around it. `undefined` if the line is no command. */
export function parseSlash(line: string): { readonly name: string; readonly rest: string } | undefined {
  const found = /^\s*\/([A-Za-z][A-Za-z0-9_-]*)(?:\s+([^]*))?$/.exec(line);
  const name = found?.[1];
  return name === undefined ? undefined : { name, rest: (found?.[2] ?? '').trim() };
}

export interface SelectedTool {
  readonly tool: Tool;
  /** What is left for the arguments. */
  readonly words: readonly string[];
}

/**
 * The tool that the words call: the one that the first word names, otherwise the one named as the skill, otherwise the first.
 * A first word `--` ends the selection and is dropped. `undefined` if there is no tool at all.
 */
export function selectTool(
  tools: readonly Tool[],
  skillName: string,
  words: readonly string[],
): SelectedTool | undefined {
  const [first] = words;
  const named = tools.find(({ name }) => name === first);
  if (named !== undefined) return { tool: named, words: words.slice(1) };
  const tool = tools.find(({ name }) => name === skillName) ?? tools[0];
  return tool && { tool, words: first === '--' ? words.slice(1) : words };
}

export type Arguments =
  | { readonly kind: 'ok'; readonly value: { readonly [name: string]: Json } }
  /** The words are no call of this tool. Both texts are one line and safe to show. */
  | { readonly kind: 'usage'; readonly message: string; readonly usage: string };

/** The arguments that words stand for, valid by the tool's schema. One word that begins with `{` is the JSON object itself. */
export function argumentsFromWords(
  skillName: string,
  tool: Tool,
  words: readonly string[],
  form: CallForm = 'slash',
): Arguments {
  const [only] = words;
  if (words.length === 1 && only?.trimStart().startsWith('{')) return argumentsFromJson(skillName, tool, only, form);
  const parameters = parametersOf(tool);
  const assigned = assignWords(parameters, words);
  if (assigned.kind === 'bad') return usage(skillName, tool, form, assigned.message);
  const value = new Map<string, Json>();
  for (const [parameter, given] of assigned.values) {
    const [word] = given;
    if (word === undefined) continue;
    const converted = parameter.many
      ? convertWords(parameter, given)
      : convertWord(parameter.name, word, parameter.shape);
    if (converted.kind === 'bad') return usage(skillName, tool, form, converted.message);
    value.set(parameter.name, converted.value);
  }
  return checked(skillName, tool, form, Object.fromEntries(value));
}

/** The same for one JSON object. */
export function argumentsFromJson(skillName: string, tool: Tool, text: string, form: CallForm = 'slash'): Arguments {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? shown(error.message, 160) : 'it does not parse';
    const begin = text.trimStart().startsWith('{') ? 'begin with { and ' : '';
    return usage(skillName, tool, form, `the arguments ${begin}are no JSON: ${reason}`);
  }
  return checked(skillName, tool, form, value);
}

export type Call =
  | { readonly kind: 'call'; readonly tool: Tool; readonly value: { readonly [name: string]: Json } }
  | { readonly kind: 'usage'; readonly message: string; readonly usage: string }
  | { readonly kind: 'no-tools' };

/** What the text behind `/name` calls. */
export function parseCall(tools: readonly Tool[], skillName: string, rest: string): Call {
  const split = splitWords(rest);
  // A JSON object has quotes of its own, so only the first word of the line is read as one.
  const first = split.words[0];
  const selected = selectTool(tools, skillName, first === undefined ? [] : [first.text]);
  if (selected === undefined) return { kind: 'no-tools' };
  const { tool } = selected;
  const consumed = first !== undefined && selected.words.length === 0;
  const left = consumed ? rest.slice(first.end).trim() : rest;
  const parsed = left.startsWith('{') ? argumentsFromJson(skillName, tool, left) : fromText(skillName, tool, left);
  return parsed.kind === 'ok' ? { kind: 'call', tool, value: parsed.value } : parsed;
}

/**
 * What the words behind `wirken skill run NAME` call; they were split by a shell. `input` are the arguments as one JSON object, from
 * elsewhere: then the words only select the tool.
 */
export function parseCommand(
  tools: readonly Tool[],
  skillName: string,
  words: readonly string[],
  input?: string,
): Call {
  const selected = selectTool(tools, skillName, withDashes(words));
  if (selected === undefined) return { kind: 'no-tools' };
  const { tool } = selected;
  const parsed =
    input === undefined
      ? argumentsFromWords(skillName, tool, selected.words, 'command')
      : selected.words.length === 0
        ? argumentsFromJson(skillName, tool, input, 'command')
        : usage(skillName, tool, 'command', 'beside --input only the name of a tool may stand');
  return parsed.kind === 'ok' ? { kind: 'call', tool, value: parsed.value } : parsed;
}

/** A shell knows no em dash, and phones make one of `--`; behind `--` a word is what it is. */
function withDashes(words: readonly string[]): readonly string[] {
  const dashed = words.map((word) => word.replace(/^\u2014/, '--'));
  const end = dashed.indexOf('--', 1);
  return end === -1 ? dashed : [...dashed.slice(0, end), '--', ...words.slice(end + 1)];
}

function fromText(skillName: string, tool: Tool, text: string): Arguments {
  const split = splitWords(text);
  if (split.kind === 'unterminated') return usage(skillName, tool, 'slash', split.message);
  return argumentsFromWords(
    skillName,
    tool,
    split.words.map((word) => word.text),
  );
}

function checked(skillName: string, tool: Tool, form: CallForm, value: Json): Arguments {
  if (!isObject(value)) return usage(skillName, tool, form, 'the arguments must be one JSON object');
  const faults = validatorOf(tool.parameters).validate(value);
  return faults.length === 0 ? { kind: 'ok', value } : usage(skillName, tool, form, faultsText(faults));
}

function usage(skillName: string, tool: Tool, form: CallForm, message: string): Arguments {
  return { kind: 'usage', message, usage: usageLine(skillName, tool, form) };
}
