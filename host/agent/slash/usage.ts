import { shown } from '../../base/shown.ts';
import type { Tool } from '../../skill/skill.ts';
import { parametersOf } from './parameters.ts';
import type { Parameter, ValueShape } from './parameters.ts';

/**
 * Where the line is typed: in a chat, `/name`, or in a shell, `wirken skill run name`; for wirken's own tools `/tool name` and
 * `wirken tool run name`.
 */
export type CallForm = 'slash' | 'command' | 'tool-slash' | 'tool-command';

const PREFIX = {
  slash: '/',
  command: 'wirken skill run ',
  'tool-slash': '/tool ',
  'tool-command': 'wirken tool run ',
} as const satisfies Record<CallForm, string>;
const MAX_VALUES = 8;

/** How a tool is called, on one line made from its schema: `/csv-tools sort <file> <by…> [--reverse] [--as=csv|json]`. */
export function usageLine(skillName: string, tool: Tool, form: CallForm = 'slash'): string {
  const parameters = parametersOf(tool);
  const words = [
    ...(tool.name === skillName ? [] : [shown(tool.name)]),
    ...parameters.filter(({ required }) => required).map(requiredText),
    ...parameters.filter(({ required }) => !required).map(optionalText),
  ];
  return [`${PREFIX[form]}${shown(skillName)}`, ...words].join(' ');
}

function requiredText(parameter: Parameter): string {
  const values = listedText(parameter.shape);
  const name = shown(parameter.name, 80);
  return values === undefined ? `<${name}${parameter.many ? '…' : ''}>` : `<${name}: ${values}>`;
}

function optionalText(parameter: Parameter): string {
  const name = shown(parameter.name, 80);
  if (parameter.flag) return `[--${name}]`;
  const shape = parameter.many ? parameter.shape.items : parameter.shape;
  return `[--${name}=${(shape && listedText(shape)) ?? kindText(shape)}${parameter.many ? ' …' : ''}]`;
}

function listedText(shape: ValueShape): string | undefined {
  if (shape.values === undefined) return undefined;
  const words = shape.values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return shown(`${words.slice(0, MAX_VALUES).join('|')}${words.length > MAX_VALUES ? '|…' : ''}`, 160);
}

function kindText(shape: ValueShape | undefined): string {
  const names = [...(shape?.types ?? [])].filter((type) => type !== 'null');
  if (names.length === 0 || names.length > 3) return 'VALUE';
  if (names.includes('number')) return 'NUMBER';
  return names.map((name) => (name === 'string' ? 'TEXT' : name === 'object' ? 'JSON' : name.toUpperCase())).join('|');
}
