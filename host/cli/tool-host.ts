import { SandboxProbe } from '../agent/tools/exec/sandbox-probe.ts';
import { callTool } from '../agent/tools/call-tool.ts';
import type { CallPorts } from '../agent/tools/call-ports.ts';
import type { Allowance } from '../policy/gate-ports.ts';
import type { Context } from './context.ts';
import type { Session } from './session.ts';
import type { ToolHost } from './tool.ts';
import type { OpenWorkspace } from './workspace.ts';

/** The built-in tools over one session and one workspace, for a person. */
export function toolHost(
  context: Context,
  session: Session,
  workspace: OpenWorkspace,
  allowed: readonly Allowance[] = [],
): ToolHost {
  const { config } = context;
  const probe = new SandboxProbe();
  const caller = { ...session.caller, workspace: workspace.path };
  const ports: CallPorts = {
    gate: session.gate,
    audit: session,
    caller,
    actor: 'cli',
    options: { allowed },
    workspace: () => workspace.dir(),
    exec: { sandbox: probe.sandbox, allowUnsandboxed: config.exec.unsandboxed, dataDir: config.dataDir },
    // A walk is asked for once: what is denied beneath it is left out.
    mayRead: (path) => {
      const standing = session.gate.standing({ kind: 'WorkspaceRead', path }, caller, { allowed });
      return standing.kind !== 'decided' || standing.decision === 'allowed';
    },
    onUnrecorded: (error) => session.warnUnrecorded(error),
  };
  return { callTool: async (name, untrustedArgs, signal) => await callTool(name, untrustedArgs, ports, signal) };
}
