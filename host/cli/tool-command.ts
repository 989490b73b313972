import { allowances } from './allowances.ts';
import { terminalApprover } from './approver.ts';
import type { Context } from './context.ts';
import { Session } from './session.ts';
import { toolRun, type ToolRunFlags } from './tool.ts';
import { toolHost } from './tool-host.ts';
import { OpenWorkspace, type WorkspaceFlags } from './workspace.ts';

export interface ToolCommandFlags extends ToolRunFlags, WorkspaceFlags {
  /** `VARIANT[:PATTERN]` */
  readonly allow: readonly string[];
}

/** `tool run NAME [ARGS…]` in a session of its own. */
export async function toolCommand(
  context: Context,
  name: string,
  words: readonly string[],
  flags: ToolCommandFlags,
): Promise<number> {
  const allowed = allowances({ allow: flags.allow });
  await using session = new Session(context, {
    channel: 'cli',
    command: 'tool run',
    approver: terminalApprover(context),
  });
  using workspace = new OpenWorkspace(context, flags);
  return await toolRun(context, name, words, flags, toolHost(context, session, workspace, allowed));
}
