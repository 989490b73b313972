import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { DeliveredCode } from '../code.ts';
import { loadKernel } from './kernel.ts';
import { fenceRules, type RunnerPlan, runnerArguments } from './plan.ts';
import { LINK_FD } from './protocol.ts';
import type { FromSpawner, SpawnerSpec, ToSpawner } from './spawner.ts';

const OPEN_FILES = 1024;
/** What a runner may allocate besides its guest's memory: engine, thread stacks, code, /tmp, input and output. */
const DATA_BYTES = 1280 * 1024 * 1024;
const PAGE_BYTES = 65_536;
/** Read from a runner at a time. */
const READ_BYTES = 65_536;

/** A runner's process and the link to it, neither of which keeps the host alive. */
export interface RunnerProcess {
  readonly pid: number;
  /** What it is told; and whether it says more, and is there at all. */
  readonly link: Socket;
  /** Gives `take` everything that it says, from the start; the bytes are valid until `take` returns. Call once. */
  hear(take: (bytes: Uint8Array) => void): void;
  /** SIGKILL; may be called twice, and after the end. */
  kill(): void;
  /** How it ended, once it has and was waited for; never rejects. */
  readonly ended: Promise<string>;
}

/** Starts runners of one plan. The holder disposes of it, which ends them all and waits for them. */
export interface Spawner extends AsyncDisposable {
  /** Whether runners stand behind the kernel's fence; why not, for a person. */
  readonly fenced: boolean;
  readonly unfencedWhy?: string;
  start(): Promise<RunnerProcess>;
}

/**
 * Fenced if that is possible here, otherwise not. `plan`'s directories stay open as long as the spawner lives.
 * @param thread started before all this was known, with the options below; it waits for the script that it is to run
 */
export async function startSpawner(
  plan: RunnerPlan,
  code: DeliveredCode,
  fence: boolean,
  more: readonly string[] = [],
  thread?: Worker,
): Promise<Spawner> {
  const args = runnerArguments(plan, code, more);
  if (!fence) void thread?.terminate();
  if (!fence) return directSpawner(args, plan, 'no Landlock or no FFI');
  let spawner = await fencedSpawner(args, plan, code, thread);
  // It may be the thread's fault and not the system's.
  if (typeof spawner === 'string' && thread !== undefined) spawner = await fencedSpawner(args, plan, code, undefined);
  return typeof spawner === 'string' ? directSpawner(args, plan, spawner) : spawner;
}

async function fencedSpawner(
  args: readonly string[],
  plan: RunnerPlan,
  code: DeliveredCode,
  thread: Worker | undefined,
): Promise<Spawner | string> {
  const spec: SpawnerSpec = {
    program: process.execPath,
    args,
    directories: plan.directories.map(({ fd }) => fd),
    rules: fenceRules(plan, code),
  };
  const worker = thread === undefined || hasEnded(thread) ? startThread(code, spec) : handOver(thread, code, spec);
  const gone = new Promise<string>((resolve) => {
    worker.once('error', (error) =>
      resolve(`the spawner failed: ${error instanceof Error ? error.message : String(error)}`),
    );
    worker.once('exit', () => resolve('the spawner ended'));
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const say = (message: ToSpawner): void => worker.postMessage(message);
  const starting = new Map<number, (started: RunnerProcess | Error) => void>();
  const running = new Map<number, { readonly pid: number; readonly end: (how: string) => void }>();
  const verdict = Promise.withResolvers<string | undefined>();
  let lastId = 0;
  let over: string | undefined;

  worker.on('message', (message: FromSpawner) => {
    if (message.kind === 'fenced') verdict.resolve(undefined);
    else if (message.kind === 'unfenced') verdict.resolve(message.why);
    else if (message.kind === 'spawned') {
      const { promise, resolve } = Promise.withResolvers<string>();
      running.set(message.id, { pid: message.pid, end: resolve });
      limit(message.pid, plan);
      starting.get(message.id)?.({
        pid: message.pid,
        ...openLink(message.fd),
        kill: () => say({ kind: 'kill', id: message.id }),
        ended: promise,
      });
      starting.delete(message.id);
    } else {
      starting.get(message.id)?.(new Error(message.how));
      starting.delete(message.id);
      running.get(message.id)?.end(message.how);
      running.delete(message.id);
    }
  });
  const spawnOne = (): Promise<RunnerProcess | Error> => {
    const id = ++lastId;
    return new Promise((resolve) => {
      starting.set(id, resolve);
      say({ kind: 'spawn', id });
    });
  };
  // Whoever makes a spawner wants a runner: it begins as soon as the fence stands, though this thread may be busy until later.
  let ahead: Promise<RunnerProcess | Error> | undefined = spawnOne();
  const unfenced = await Promise.race([gone, verdict.promise]);
  if (unfenced !== undefined) return unfenced;
  // Not before: a new listener makes it keep the host alive again.
  worker.unref();
  void gone.then((how) => {
    over = how;
    for (const start of starting.values()) start(new Error(how));
    // The thread waits for its children before it ends by itself; what is left here are those of one that failed.
    for (const { pid, end } of running.values()) {
      killQuietly(pid);
      end(how);
    }
    starting.clear();
    running.clear();
  });

  return {
    fenced: true,
    async start() {
      if (over !== undefined) throw new Error(over);
      const coming = ahead ?? spawnOne();
      ahead = undefined;
      const started = await coming;
      if (started instanceof Error) throw started;
      return started;
    },
    async [Symbol.asyncDispose]() {
      say({ kind: 'close' });
      worker.ref();
      await gone;
    },
  };
}

function startThread(code: DeliveredCode, spec: SpawnerSpec): Worker {
  return new Worker(code.spawner, {
    workerData: spec,
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // It closes descriptors that it got from the kernel itself, and hands others to the host.
    trackUnmanagedFds: false,
    // It says nothing there, and to connect them to this process's own takes time.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
}

function hasEnded({ threadId }: Worker): boolean {
  return threadId === -1;
}

function handOver(thread: Worker, { spawner: script }: DeliveredCode, workerData: SpawnerSpec): Worker {
  thread.ref();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  thread.postMessage({ script, workerData });
  return thread;
}

/** Not imported: a spawner is to be on its way before they are loaded. */
function sockets(): typeof Socket {
  return process.getBuiltinModule('node:net').Socket;
}

/** A socket that reads into one buffer again and again, past the machinery of streams. */
function openLink(fd: number): Pick<RunnerProcess, 'link' | 'hear'> {
  const early: Uint8Array[] = [];
  let take = (bytes: Uint8Array): void => void early.push(bytes.slice());
  const link = new (sockets())({
    fd,
    readable: true,
    writable: true,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback(count, buffer) {
        take(buffer.subarray(0, count));
        return true;
      },
    },
  });
  link.unref();
  return {
    link,
    hear(taker) {
      take = taker;
      for (const bytes of early.splice(0)) taker(bytes);
    },
  };
}

/** Here, for behind the fence nobody may set the limits of another process. */
function limit(pid: number, plan: RunnerPlan): void {
  try {
    const kernel = loadKernel();
    kernel?.limitProcess(pid, 'coreBytes', 0);
    kernel?.limitProcess(pid, 'openFiles', OPEN_FILES);
    kernel?.limitProcess(pid, 'dataBytes', DATA_BYTES + plan.memoryPages * PAGE_BYTES);
  } catch {
    // It has ended already.
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Starts runners from the host's own thread: what Node's permission model keeps is then their only fence. */
function directSpawner(args: readonly string[], plan: RunnerPlan, unfencedWhy: string): Spawner {
  const running = new Set<RunnerProcess>();
  return {
    fenced: false,
    unfencedWhy,
    async start() {
      const child = spawn(process.execPath, args, {
        env: {},
        cwd: '/',
        stdio: ['ignore', 'ignore', 'ignore', 'pipe', ...plan.directories.map(({ fd }) => fd)],
        windowsHide: true,
      });
      const runner = await asRunner(child);
      limit(runner.pid, plan);
      running.add(runner);
      void runner.ended.then(() => running.delete(runner));
      return runner;
    },
    async [Symbol.asyncDispose]() {
      const all = [...running];
      for (const runner of all) runner.kill();
      await Promise.all(all.map((runner) => runner.ended));
    },
  };
}

async function asRunner(child: ChildProcess): Promise<RunnerProcess> {
  const link: unknown = child.stdio[LINK_FD];
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit status ${code}` : signal));
    child.once('error', (error) => resolve(error.message));
  });
  if (child.pid === undefined || !(link instanceof sockets()))
    throw new Error(`the runner did not start: ${await ended}`);
  child.unref();
  link.unref();
  return {
    pid: child.pid,
    link,
    hear: (take) => void link.on('data', take),
    kill: () => child.kill('SIGKILL'),
    ended,
  };
}
