import type { HostError } from '../../base/error.ts';
import type { Asker } from '../../policy/action.ts';
import type { AuditActor, AuditSink } from '../../policy/event.ts';
import type { Asks, AskOptions } from '../../policy/gate-ports.ts';
import type { WorkspaceDir } from '../../workspace/dir.ts';
import type { ExecPorts } from './exec/ports.ts';
import type { MayRead } from './hiding.ts';

/** What a call of a built-in tool needs. */
export interface CallPorts {
  readonly gate: Asks;
  readonly audit: AuditSink;
  /** Who asks; the tool is added here. */
  readonly caller: Omit<Asker, 'tool'>;
  /** Who writes the rows of the call: `cli` for a person, `agent` for a model. */
  readonly actor: AuditActor;
  readonly options: Omit<AskOptions, 'args'>;
  /** Opens the workspace, or hands out the open one; it stays the caller's. @throws HostError */
  workspace(): WorkspaceDir;
  readonly exec: Omit<ExecPorts, 'workspaceFd'>;
  /** What a walk through a directory may show and read: the gate's standing denials. Absent: everything. */
  readonly mayRead?: MayRead;
  /** Told when a call that needs no leave went on although the log could not be written, or when its end could not be. */
  readonly onUnrecorded: (error: HostError) => void;
}
