import { shown } from '../../base/shown.ts';
import type { Tool } from '../../skill/skill.ts';
import { selectTool } from './grammar.ts';
import { parametersOf } from './parameters.ts';
import type { Parameter, ValueShape } from './parameters.ts';
import { quoteWord, splitWords } from './words.ts';

export interface CompletionSkill {
  readonly name: string;
  readonly tools: readonly Tool[];
}

export interface CompletionPorts {
  readonly skills: readonly CompletionSkill[];
  /** The chat's own commands; those in `namesSkill` take a skill's name. */
  readonly commands: readonly string[];
  readonly namesSkill: readonly string[];
  /** Workspace paths that begin with the prefix; directories end in `/`. */
  files(prefix: string): Promise<readonly string[]>;
}

export interface Completions {
  /** Offset into the line where the text begins that a candidate replaces, up to the cursor. */
  readonly from: number;
  /** Whole replacements; one that is finished ends in a blank. Nothing in them acts on a terminal. */
  readonly candidates: readonly string[];
}

const MAX_CANDIDATES = 200;

/** What could stand at the cursor: names behind `/`, tools, `--keys`, values that the schema lists, files. */
export async function completions(line: string, cursor: number, ports: CompletionPorts): Promise<Completions> {
  const head = line.slice(0, cursor);
  const start = head.length - head.trimStart().length;
  const command = /^\/(\S*)(\s+)?/.exec(head.slice(start));
  if (command === null) return { from: cursor, candidates: [] };
  const name = command[1] ?? '';
  if (command[2] === undefined) {
    const names = [...ports.skills.map((skill) => skill.name), ...ports.commands];
    return offer(
      start,
      names.filter((candidate) => candidate.startsWith(name)).map((found) => `/${found} `),
    );
  }
  const rest = start + command[0].length;
  const { words } = splitWords(head.slice(rest));
  const last = words.at(-1);
  // The cursor stands on a word only if nothing but the word is before it.
  const open = last !== undefined && rest + last.end === cursor ? last : undefined;
  const typed = open?.text ?? '';
  const from = open === undefined ? cursor : rest + open.start;
  const before = words.slice(0, open === undefined ? words.length : -1).map((word) => word.text);
  if (ports.namesSkill.includes(name)) {
    const names = before.length > 0 ? [] : ports.skills.map((skill) => skill.name);
    return offer(
      from,
      names.filter((candidate) => candidate.startsWith(typed)).map((found) => `${found} `),
    );
  }
  const skill = ports.skills.find((candidate) => candidate.name === name);
  const selected = skill && selectTool(skill.tools, skill.name, before);
  if (skill === undefined || selected === undefined) return { from, candidates: [] };
  const tools = before.length === 0 && skill.tools.length > 1 ? skill.tools : [];
  return offer(from, [
    ...tools.filter((tool) => tool.name.startsWith(typed)).map((tool) => `${tool.name} `),
    ...(await argumentCandidates(selected.tool, selected.words, typed, ports)),
  ]);
}

async function argumentCandidates(
  tool: Tool,
  before: readonly string[],
  typed: string,
  ports: CompletionPorts,
): Promise<readonly string[]> {
  const parameters = parametersOf(tool);
  const previous = before.at(-1);
  const named = parameters.find(({ name, flag }) => !flag && previous === `--${name}`);
  if (named !== undefined && !before.includes('--')) return await valueCandidates(named.shape, '', typed, ports);
  const equals = typed.indexOf('=');
  const key = typed.slice(0, equals).replace(/^--/, '');
  const assigned = equals > 0 ? parameters.find(({ name }) => name === key) : undefined;
  if (assigned !== undefined) {
    return await valueCandidates(assigned.shape, typed.slice(0, equals + 1), typed.slice(equals + 1), ports);
  }
  if (typed.startsWith('-')) return keyCandidates(parameters, before).filter((found) => found.startsWith(typed));
  const left = parameters.filter(({ name, flag }) => !flag && !isGiven(name, before));
  const found = await Promise.all(left.map(async ({ shape }) => await valueCandidates(shape, '', typed, ports)));
  return typed === '' && found.flat().length === 0 ? keyCandidates(parameters, before) : found.flat();
}

function keyCandidates(parameters: readonly Parameter[], before: readonly string[]): readonly string[] {
  return parameters
    .filter(({ name, many }) => many || !isGiven(name, before))
    .map(({ name, flag }) => (flag ? `--${name} ` : `--${name}=`));
}

function isGiven(name: string, before: readonly string[]): boolean {
  return before.some((word) => word === `--${name}` || word.startsWith(`--${name}=`) || word.startsWith(`${name}=`));
}

async function valueCandidates(
  shape: ValueShape,
  prefix: string,
  typed: string,
  ports: CompletionPorts,
): Promise<readonly string[]> {
  const one = shape.items ?? shape;
  if (one.values !== undefined) {
    return one.values
      .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
      .filter((value) => value.startsWith(typed))
      .map((value) => `${quoteWord(prefix + value)} `);
  }
  if (one.types.has('boolean') && one.types.size === 1) {
    return ['true', 'false'].filter((value) => value.startsWith(typed)).map((value) => `${prefix}${value} `);
  }
  if (!one.types.has('string')) return [];
  const files = await ports.files(typed);
  return files.map((file) => `${quoteWord(prefix + file)}${file.endsWith('/') ? '' : ' '}`);
}

/** Names of files and values of schemas are others' text: what would act on a terminal is not offered. */
function offer(from: number, candidates: readonly string[]): Completions {
  const harmless = [...new Set(candidates)].filter((candidate) => shown(candidate, Infinity) === candidate);
  return { from, candidates: harmless.slice(0, MAX_CANDIDATES) };
}
