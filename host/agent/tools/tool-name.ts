import { parseToolName } from '../../skill/names.ts';
import type { ToolName } from '../../skill/skill.ts';

/** A name that stands in wirken's own source. */
export function toolName(name: string): ToolName {
  const parsed = parseToolName(name);
  if (parsed === undefined) throw new TypeError(`${name} is no name of a tool`);
  return parsed;
}
