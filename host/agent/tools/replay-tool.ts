import type { Json } from '../../base/jcs.ts';
import { HostError } from '../../base/error.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import { readingTool } from './builtin-tools.ts';
import { parseArguments } from './untrusted-arguments.ts';

/** Makes one tool's call again over a workspace that answers from a journal. */
export type ReplayTool = (args: Json, dir: DirHandle, signal: AbortSignal) => Promise<Json>;

const REPLAYED = ['read_file', 'list_files', 'search_files'] as const;

/**
 * The tools whose calls can be made again, by name. Each does what `callTool` did from the arguments to the result, in the same order,
 * but for the gate: what a journal answers needs no leave. Nothing but a replaying directory belongs in here.
 * @throws HostError for a call that fails; whatever the directory throws, untouched
 */
export const REPLAY_TOOLS: ReadonlyMap<string, ReplayTool> = new Map(REPLAYED.map((name) => [name, replayOf(name)]));

function replayOf(name: (typeof REPLAYED)[number]): ReplayTool {
  return async (untrustedArgs, dir, signal) => {
    const tool = readingTool(name);
    if (tool === undefined) throw new HostError('tool-unknown', `there is no tool ${name}`);
    const args = parseArguments(tool.name, tool.parameters, untrustedArgs);
    const { path } = await tool.actionOf(args, { dir });
    const { value } = await tool.answer(path, args, dir, signal);
    return value;
  };
}
