import type { Json } from '../../base/jcs.ts';
import type { Granted } from '../../skill/grants.ts';
import type { Rerun, RerunCall } from '../../wasi/rerun.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import type { BlobReference } from '../blobs.ts';

/** What a replay needs of the host around it. */
export interface ReplayPorts {
  /** The skill with exactly this bundle digest from the local store, verified; or why it cannot be had. */
  skill(
    name: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<{ readonly granted: Granted } | { readonly unavailable: string }>;
  /** @throws HostError; `signal.reason` */
  runSkill(granted: Granted, call: RerunCall, signal: AbortSignal): Promise<Rerun>;
  /** The bytes behind a reference; `undefined` if they are not kept. @throws HostError `audit-invalid` for damaged ones */
  blob(reference: BlobReference): Uint8Array | undefined;
  /** The built-in tools whose result follows from their arguments and what the workspace answers. */
  readonly tools: ReadonlyMap<string, ReplayedTool>;
}

/**
 * One call of a built-in tool over a workspace that answers from a journal: everything that the first call did between the start of its
 * recording and its end. Answers what `tool.result` has as `result`.
 * @throws HostError for a call that fails; whatever `dir` throws, untouched
 */
export type ReplayedTool = (args: Json, dir: DirHandle, signal: AbortSignal) => Promise<Json>;
