import { HostError } from '../../base/error.ts';
import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import type { ActionKind, ActionOf, Asker } from '../../policy/action.ts';
import type { AskOptions } from '../../policy/gate-ports.ts';
import type { WorkspaceDir } from '../../workspace/dir.ts';
import { JournalRecorder } from '../../workspace/journal/recorder.ts';
import { recordingDir } from '../../workspace/journal/recording.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import { builtinTool } from './builtin-tools.ts';
import type { CallPorts } from './call-ports.ts';
import { CallRows } from './call-rows.ts';
import { hidingDir } from './hiding.ts';
import type { ToolOutcome } from './outcome.ts';
import type { BuiltinTool, ToolOf, ToolPorts, ToolResult } from './tool.ts';
import { parseArguments, unfitArguments } from './untrusted-arguments.ts';

/** Everything but `exec`, which has a limit of its own. */
const MAX_CALL_MS = 60_000;
const MAX_NAME_CHARS = 64;

/**
 * One call: `tool.call` in the log, arguments checked, leave asked for, done, `tool.result` in the log, with the journal of what the
 * workspace answered if the tool can be replayed. A name that is none is asked for as `ToolUnknown`, and does nothing even if allowed.
 * Rejects with `signal.reason`; whatever had begun has ended by then.
 */
export async function callTool(
  untrustedName: string,
  untrustedArgs: Json,
  ports: CallPorts,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  signal.throwIfAborted();
  const tool = builtinTool(untrustedName);
  const name = tool?.name ?? shown(untrustedName, MAX_NAME_CHARS);
  const rows = new CallRows(ports, name, tool?.kind ?? 'ToolUnknown');
  let recorder: JournalRecorder | undefined;
  try {
    await rows.call(unfitArguments(untrustedArgs) === undefined ? untrustedArgs : null);
    let outcome: ToolOutcome;
    if (tool === undefined) outcome = await refuseUnknown(name, ports, signal);
    else {
      const workspace = ports.workspace();
      // From here on everything follows from the arguments and the workspace.
      if (tool.deterministic) recorder = new JournalRecorder();
      outcome = await permitted(tool, untrustedArgs, { workspace, recorder, ports }, signal);
    }
    await rows.result(outcome, recorder?.finish());
    return outcome;
  } catch (error) {
    if (signal.aborted) {
      await rows.ended('cancelled');
      throw signal.reason;
    }
    if (error instanceof TimeSpent) {
      await rows.ended('limit');
      return { kind: 'failed', code: 'limit-exceeded', message: error.message };
    }
    if (!(error instanceof HostError)) {
      await rows.ended('internal');
      throw error;
    }
    const { code, message, details } = error;
    const failed: ToolOutcome = {
      kind: 'failed',
      code,
      message,
      ...(details.remedy === undefined ? {} : { remedy: details.remedy }),
    };
    await rows.result(failed, recorder?.finish());
    return failed;
  }
}

class TimeSpent extends Error {
  override readonly name = 'TimeSpent';
}

/** Leave to call something that is not there: asked for, so that whoever watches sees it, and never of use. */
async function refuseUnknown(name: string, ports: CallPorts, signal: AbortSignal): Promise<ToolOutcome> {
  const action: ActionOf<'ToolUnknown'> = { kind: 'ToolUnknown', name };
  const answer = await ports.gate.ask<'ToolUnknown'>(action, askerOf(name, ports), ports.options, signal);
  if (answer.kind === 'denied') return answer;
  return {
    kind: 'failed',
    code: 'tool-unknown',
    message: `there is no tool ${name}`,
    remedy: 'wirken tool list shows those that there are.',
  };
}

interface Scene {
  readonly workspace: WorkspaceDir;
  readonly recorder: JournalRecorder | undefined;
  readonly ports: CallPorts;
}

async function permitted(
  tool: BuiltinTool,
  untrustedArgs: Json,
  { workspace, recorder, ports }: Scene,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const args = parseArguments(tool.name, tool.parameters, untrustedArgs);
  const toolPorts: ToolPorts = {
    dir: rootOf(workspace.handle(tool.access), ports, recorder),
    exec: { ...ports.exec, workspaceFd: workspace.fd },
  };
  const asker = askerOf(tool.name, ports);
  const options: AskOptions = { ...ports.options, args: untrustedArgs };
  return await tool.open(async <K extends ActionKind>(opened: ToolOf<K>): Promise<ToolOutcome> => {
    const action = await opened.actionOf(args, toolPorts);
    if (opened.tellsContent && 'path' in action && ports.mayRead?.(action.path) === false) {
      const read: ActionOf<'WorkspaceRead'> = { kind: 'WorkspaceRead', path: action.path };
      const answer = await ports.gate.ask<'WorkspaceRead'>(read, asker, options, signal);
      if (answer.kind === 'denied') return answer;
    }
    const permit = await ports.gate.ask<K>(action, asker, options, signal);
    if (permit.kind === 'denied') return permit;
    const run = async (limited: AbortSignal): Promise<ToolResult> => await opened.run(permit, args, toolPorts, limited);
    return {
      kind: 'done',
      ...(await (opened.kind === 'ShellExec' ? run(signal) : withinTime(tool.name, run, signal))),
    };
  });
}

/** The time that a person takes to answer is not counted: it begins with the permit. */
async function withinTime(
  name: string,
  run: (limited: AbortSignal) => Promise<ToolResult>,
  signal: AbortSignal,
): Promise<ToolResult> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new TimeSpent(`${name} took more than ${MAX_CALL_MS / 1000} s; give it less to look through`));
  }, MAX_CALL_MS);
  try {
    return await run(AbortSignal.any([signal, deadline.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function rootOf(root: DirHandle, { mayRead }: CallPorts, recorder: JournalRecorder | undefined): DirHandle {
  if (recorder === undefined) return root;
  return recordingDir(mayRead === undefined ? root : hidingDir(root, mayRead), recorder);
}

function askerOf(tool: string, { caller }: CallPorts): Asker {
  return { ...caller, tool };
}
