import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { FenceRule } from './landlock.ts';
import { landlockAbi, restrictThread } from './landlock.ts';
import { closeQuietly, loadKernel } from './kernel.ts';
import { filterThread } from './seccomp.ts';

/** `workerData` of the worker that starts runners. */
export interface SpawnerSpec {
  readonly program: string;
  readonly args: readonly string[];
  /** Handed to each runner, from `FIRST_DIRECTORY_FD` on. */
  readonly directories: readonly number[];
  readonly rules: readonly FenceRule[];
}

export type ToSpawner =
  | { readonly kind: 'spawn'; readonly id: number }
  | { readonly kind: 'kill'; readonly id: number }
  | { readonly kind: 'close' };

export type FromSpawner =
  /** The thread stands behind the fence, and was seen to. */
  | { readonly kind: 'fenced' }
  | { readonly kind: 'unfenced'; readonly why: string }
  /** `fd` is the host's end of the runner's `LINK_FD`, and now the receiver's. */
  | { readonly kind: 'spawned'; readonly id: number; readonly pid: number; readonly fd: number }
  | { readonly kind: 'exited'; readonly id: number; readonly how: string };

const SIGKILL = 9;

const port = parentPort;
if (port !== null) serve(port, workerData);

function serve(port: NonNullable<typeof parentPort>, spec: SpawnerSpec): void {
  const kernel = loadKernel();
  // Before the fence: afterwards nothing new can be opened.
  const nowhere = openSync('/dev/null', 'r+');
  const say = (message: FromSpawner): void => port.postMessage(message);
  const kills = new Map<number, () => void>();

  const why = kernel === undefined ? 'no FFI' : fence(kernel, spec.rules);
  if (kernel === undefined || why !== undefined) {
    closeSync(nowhere);
    say({ kind: 'unfenced', why: why ?? 'unknown' });
    port.close();
    return;
  }
  say({ kind: 'fenced' });

  port.on('message', (message: ToSpawner) => {
    if (message.kind === 'spawn') start(message.id);
    else if (message.kind === 'kill') kills.get(message.id)?.();
    else {
      for (const kill of kills.values()) kill();
      closeSync(nowhere);
      port.close();
    }
  });

  function start(id: number): void {
    if (kernel === undefined) return;
    const [ours, theirs] = kernel.socketPair();
    // Nothing is ever said here: the kernel ends the runner when the host's end closes, even in the middle of a guest's loop.
    const [life, theirLife] = kernel.socketPair();
    const child = spawn(spec.program, spec.args, {
      env: {},
      cwd: '/',
      stdio: [nowhere, nowhere, theirLife, theirs, ...spec.directories],
    });
    const ended = (how: string): void => {
      if (!kills.delete(id)) return;
      closeQuietly(life);
      say({ kind: 'exited', id, how });
    };
    kills.set(id, () => child.kill('SIGKILL'));
    child.on('error', (error) => ended(`it did not start: ${error.message}`));
    child.on('exit', (code, signal) => ended(signal === null ? `exit status ${code}` : signal));
    if (child.pid !== undefined) {
      kernel.signalOnHangup(theirLife, child.pid, SIGKILL);
      say({ kind: 'spawned', id, pid: child.pid, fd: ours });
    } else closeQuietly(ours);
    closeQuietly(theirs);
    closeQuietly(theirLife);
  }
}

/** Why there is no fence, or `undefined` once one stands and a forbidden read was seen to fail. */
function fence(kernel: NonNullable<ReturnType<typeof loadKernel>>, rules: readonly FenceRule[]): string | undefined {
  const abi = landlockAbi(kernel);
  if (abi < 1) return 'the kernel has no Landlock';
  try {
    restrictThread(kernel, abi, rules);
    filterQuietly(kernel);
  } catch (error) {
    return error instanceof Error ? error.message : 'Landlock refused';
  }
  try {
    readFileSync('/proc/self/status');
    return 'the fence does not hold';
  } catch {
    return undefined;
  }
}

/** A further wall, where the kernel has it: the fence stands without. */
function filterQuietly(kernel: NonNullable<ReturnType<typeof loadKernel>>): void {
  try {
    filterThread(kernel);
  } catch {
    // Kernels are built without it, and containers may have used it up.
  }
}
