import type { JsonSchema, SkillName, Tool } from '../skill.ts';
import { parseToolName } from '../names.ts';
import { validatorOf } from '../schema.ts';
import { isYamlMap, jsonOf } from '../yaml.ts';
import type { Field } from './field.ts';

const MAX_TOOLS = 128;
const MAX_DESCRIPTION_CHARS = 4_096;
const MAX_SCHEMA_CHARS = 128 * 1024;
const MAX_POINTER_CHARS = 1_024;
const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/u;
const TOOL_KEYS = ['name', 'description', 'parameters', 'output', 'display', 'exit-code', 'annotations'];
const ANNOTATION_KEYS = ['read-only', 'idempotent'];

/** The tools of `tools`, or the one of the shorthand `parameters`. `warn` takes the path of each key that is not known. */
export function parseTools(
  root: Field,
  name: SkillName,
  description: string,
  warn: (key: string) => void,
): readonly Tool[] {
  const shorthand = root.at('parameters');
  const list = root.at('tools');
  if (!shorthand.absent) {
    if (!list.absent) throw shorthand.fail('stands beside tools, which it is short for', 'Keep one of the two.');
    const tool = parseToolName(name);
    if (tool === undefined) throw new TypeError('every name of a skill is one of a tool');
    return [{ name: tool, description, parameters: objectSchema(shorthand), readOnly: false, idempotent: false }];
  }
  const tools = list.items(MAX_TOOLS).map((item) => parseTool(item, warn));
  const seen = new Set<string>();
  for (const { name } of tools) {
    if (seen.has(name)) throw list.fail(`names the tool ${name} twice`);
    seen.add(name);
  }
  return tools;
}

function parseTool(tool: Field, warn: (key: string) => void): Tool {
  for (const key of tool.otherKeys(TOOL_KEYS)) warn(tool.at(key).path);
  const name = parseToolName(tool.at('name').text(1, 64));
  if (name === undefined) throw tool.at('name').fail('must match ^[a-z][a-z0-9_-]{0,63}$');
  const output = tool.at('output').absent ? undefined : schema(tool.at('output'));
  const display = pointer(tool.at('display'), output);
  const exitCode = pointer(tool.at('exit-code'), output);
  const annotations = tool.at('annotations');
  if (!annotations.absent) for (const key of annotations.otherKeys(ANNOTATION_KEYS)) warn(annotations.at(key).path);
  return {
    name,
    description: tool.at('description').text(1, MAX_DESCRIPTION_CHARS),
    parameters: objectSchema(tool.at('parameters')),
    ...(output === undefined ? {} : { output }),
    ...(display === undefined ? {} : { display }),
    ...(exitCode === undefined ? {} : { exitCode }),
    readOnly: annotations.at('read-only').flag(false),
    idempotent: annotations.at('idempotent').flag(false),
  };
}

function objectSchema(field: Field): JsonSchema {
  const parsed = schema(field);
  if (parsed['type'] !== 'object') throw field.fail('must be a JSON Schema of `type: object`');
  return parsed;
}

function schema(field: Field): JsonSchema {
  if (!isYamlMap(field.value)) throw field.fail('must be a JSON Schema');
  const json = Object.fromEntries([...field.value].map(([key, value]) => [key, jsonOf(value)]));
  if (JSON.stringify(json).length > MAX_SCHEMA_CHARS)
    throw field.fail(`must have at most ${MAX_SCHEMA_CHARS} characters as JSON`);
  field.within(() => validatorOf(json));
  return json;
}

function pointer(field: Field, output: JsonSchema | undefined): string | undefined {
  if (field.absent) return undefined;
  const text = field.text(0, MAX_POINTER_CHARS);
  if (!JSON_POINTER.test(text)) throw field.fail('must be a JSON Pointer such as /summary');
  if (output === undefined)
    throw field.fail('points into an output that the tool does not declare', 'Declare `output`.');
  return text;
}
