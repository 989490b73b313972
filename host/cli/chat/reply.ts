import { parseCall, parseSlash } from '../../agent/slash/grammar.ts';
import { usageLine } from '../../agent/slash/usage.ts';
import { parseToolLine } from '../../agent/tools/words.ts';
import { shown } from '../../base/shown.ts';
import type { Style } from '../terminal/style.ts';
import { tableLines } from '../terminal/table.ts';
import { markdownLines } from '../terminal/markdown.ts';
import { behindBar, gutter } from '../terminal/gutter.ts';
import type { ChatAnswer, ChatPorts, ChatSkill, RunOptions } from './ports.ts';

/** What a line is answered with. */
export type Reply =
  | { readonly kind: 'quit' }
  | { readonly kind: 'nothing' }
  /** wirken's own words. */
  | { readonly kind: 'said'; readonly text: string; readonly exitCode: number }
  /** A skill's words. */
  | { readonly kind: 'answered'; readonly answer: ChatAnswer };

/** How text is laid out for whoever reads it. */
export interface Layout {
  readonly style: Style;
  readonly columns: number;
}

export const COMMANDS = ['help', 'skills', 'skill', 'tools', 'tool', 'stop', 'quit'] as const;
/** Those that are followed by a skill's name. */
export const NAMES_SKILL: readonly string[] = ['skill'];

type Said = Extract<Reply, { kind: 'said' }>;

const HELP = [
  '/name [tool] args   runs a skill: words, key=value, --key value, --flag, or one JSON object',
  '/skills             the skills that are here',
  '/skill NAME         what a skill does, how it is called, what it may touch',
  '/tool NAME args     calls a tool of wirken’s own on the workspace; /tools lists them',
  '/stop, Ctrl-C       stops the skill that runs',
  '/quit, Ctrl-D       leaves',
  'Tab completes names, tools, --keys, values and files.',
].join('\n');

/** Answers one line, by running a skill if it calls one. @throws `options.signal.reason` if cancelled */
export async function reply(line: string, ports: ChatPorts, options: RunOptions, layout: Layout): Promise<Reply> {
  if (line.trim() === '') return { kind: 'nothing' };
  const slash = parseSlash(line);
  if (slash === undefined) {
    const text = line.trimStart().startsWith('/')
      ? 'A command is / and a name: /skills lists the skills, /help says more.'
      : `No model is configured, so only commands are answered here: /skills lists what runs without one. ${ports.modelHelp}`;
    return said(text, line.trimStart().startsWith('/') ? 2 : 1);
  }
  switch (slash.name) {
    case 'help':
      return said(HELP);
    case 'quit':
      return { kind: 'quit' };
    case 'stop':
      return said('Nothing is running.');
    case 'skills':
      return said(skillsText(await ports.skills(), layout));
    case 'skill':
      return skillReply(await ports.skills(), slash.rest, layout);
    case 'tools':
      return said(ports.tools.map((tool) => usageLine(tool.name, tool, 'tool-slash')).join('\n'));
    case 'tool':
      return await toolReply(slash.rest, ports, options);
    default:
      return await callReply(slash.name, slash.rest, ports, options);
  }
}

async function callReply(name: string, rest: string, ports: ChatPorts, options: RunOptions): Promise<Reply> {
  const skills = await ports.skills();
  const skill = skills.find((candidate) => candidate.name === name);
  if (skill === undefined) return unknownSkill(name, skills);
  if (!skill.userInvocable) return said(`${shown(name)} is not called by hand: its author made it for models only.`, 1);
  const call = parseCall(skill.tools, skill.name, rest);
  switch (call.kind) {
    case 'no-tools':
      return said(
        `${shown(name)} has no tools: these are instructions for a model, and none is configured. ${ports.modelHelp} ` +
          `/skill ${shown(name)} shows them.`,
        1,
      );
    case 'usage':
      return said(`${call.message}\nusage: ${call.usage}`, 2);
    case 'call':
      return { kind: 'answered', answer: await ports.run(skill, call.tool, call.value, options) };
  }
  return call satisfies never;
}

async function toolReply(rest: string, ports: ChatPorts, options: RunOptions): Promise<Reply> {
  const call = parseToolLine(rest);
  if (call.name === '') return said('usage: /tool NAME args; /tools lists them', 2);
  if (call.kind === 'usage') return said(`${call.message}\nusage: ${call.usage}`, 2);
  const args = call.kind === 'unknown' ? {} : call.value;
  return { kind: 'answered', answer: await ports.callTool(call.name, args, options) };
}

function skillsText(skills: readonly ChatSkill[], { style, columns }: Layout): string {
  if (skills.length === 0) return 'No skills are here yet. `wirken skill install DIR` adds one.';
  const rows = skills
    .filter((skill) => skill.userInvocable)
    .map((skill) => [
      `/${skill.name}${skill.argumentHint === undefined ? '' : ` ${skill.argumentHint}`}`,
      skill.trust,
      skill.description,
    ]);
  return tableLines({ header: ['skill', 'trust', 'description'], rows, columns }, style).join('\n');
}

function skillReply(skills: readonly ChatSkill[], rest: string, layout: Layout): Reply {
  const name = rest.replace(/^\//, '');
  if (name === '') return said('usage: /skill NAME', 2);
  const skill = skills.find((candidate) => candidate.name === name);
  return skill === undefined ? unknownSkill(name, skills) : said(skillText(skill, layout));
}

function skillText(skill: ChatSkill, { style, columns }: Layout): string {
  const version = skill.version === undefined ? '' : ` ${shown(skill.version, 40)}`;
  const tools = skill.tools.flatMap((tool) => [usageLine(skill.name, tool), gutter(tool.description, style)]);
  const permissions = skill.permissions.length === 0 ? ['nothing'] : skill.permissions.map((entry) => shown(entry));
  return [
    `${style.bold(shown(skill.name))}${version} (${skill.trust})`,
    gutter(skill.description, style),
    `may touch: ${permissions.join(', ')}`,
    ...(tools.length > 0
      ? tools
      : [
          'It has no tools: these are its instructions for a model.',
          behindBar(markdownLines(skill.instructions, style, columns - 2), style),
        ]),
  ].join('\n');
}

function unknownSkill(name: string, skills: readonly ChatSkill[]): Said {
  const near = skills.find((skill) => skill.name.startsWith(name) || name.startsWith(skill.name));
  const hint = near === undefined ? '/skills lists those that are.' : `Did you mean /${near.name}?`;
  return said(`There is no skill ${shown(name, 80)} here. ${hint}`, 1);
}

function said(text: string, exitCode = 0): Said {
  return { kind: 'said', text, exitCode };
}
