import { Permit } from '../../policy/permit.ts';
import type { JsonSchema } from '../../skill/skill.ts';
import type { Arguments } from './arguments.ts';
import type { ReadingTool } from './tool.ts';
import { toolName } from './tool-name.ts';
import { whereIs } from './where.ts';

interface Spec extends Pick<ReadingTool, 'answer'> {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  readonly output: JsonSchema;
  /** What the call names; it is resolved before anybody is asked. */
  readonly pathOf: (args: Arguments) => string;
}

/** A tool that reads what lies at one path, or beneath it. */
export function readingTool({ name, description, parameters, output, pathOf, answer }: Spec): ReadingTool {
  return {
    name: toolName(name),
    description,
    kind: 'WorkspaceRead',
    parameters,
    output,
    deterministic: true,
    access: 'read-only',
    actionOf: (args, { dir }) => ({ kind: 'WorkspaceRead', path: whereIs(dir, pathOf(args), true).path }),
    answer,
    run: async (permit, args, { dir }, signal) => {
      const { path } = Permit.spend(permit, 'WorkspaceRead');
      return await answer(path, args, dir, signal);
    },
  };
}
