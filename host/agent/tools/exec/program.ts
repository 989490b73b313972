import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { systemCode } from '../../../base/error.ts';
import { Capture } from './capture.ts';
import type { Captured } from './capture.ts';
import { inheritedDescriptors } from './inherited.ts';

/** A program to be started. */
export interface Job {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: { readonly [name: string]: string };
  readonly stdin: string;
  readonly timeoutMs: number;
  /** A descriptor of ours under the number that the program expects it at. */
  readonly given?: { readonly fd: number; readonly as: number };
  /** The number of the descriptor on which bubblewrap says which process it started. */
  readonly infoFd?: number;
}

export type Ending = 'exited' | 'timeout' | 'output';

/** How it ended; by then no process of it is left, as far as the system can tell. */
export type Ended =
  | {
      readonly kind: 'ended';
      readonly why: Ending;
      /** As a shell has it: 128 and the number of the signal that ended it. */
      readonly code: number;
      readonly stdout: Captured;
      readonly stderr: Captured;
      readonly wallMs: number;
    }
  /** The system would not start it. */
  | { readonly kind: 'not-started'; readonly code: string };

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 2_000;
/** How long streams may stay open behind the end of the program: something that it left behind holds them. */
const LINGER_MS = 500;
/** All that a program may write before it is ended. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const MAX_INFO_CHARS = 4_096;

/** Runs a program in a process group of its own. Rejects with `signal.reason`, once everything of it has ended. */
export async function runProgram(job: Job, signal: AbortSignal): Promise<Ended> {
  signal.throwIfAborted();
  const started = performance.now();
  const child = start(job);
  const stdout = capture(child.stdout);
  const stderr = capture(child.stderr);
  const init = job.infoFd === undefined ? undefined : readInfo(child.stdio[job.infoFd]);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(job.stdin);

  let why: Ending = 'exited';
  let stopping: NodeJS.Timeout | undefined;
  const stop = (reason: Ending, graceMs: number): void => {
    if (stopping !== undefined) return;
    why = reason;
    killGroup(init?.pid ?? child.pid, 'SIGTERM');
    stopping = setTimeout(() => killAll(child, init?.pid), graceMs);
  };
  const timer = setTimeout(() => stop('timeout', GRACE_MS), job.timeoutMs);
  const cancel = (): void => stop('timeout', GRACE_MS);
  signal.addEventListener('abort', cancel, { once: true });
  const count = (): void => {
    if (stdout.bytes + stderr.bytes > MAX_OUTPUT_BYTES) stop('output', 0);
  };
  child.stdout?.on('data', count);
  child.stderr?.on('data', count);
  try {
    const end = await ending(child);
    if (end.kind === 'not-started') return end;
    if (why !== 'exited') killAll(child, init?.pid);
    signal.throwIfAborted();
    const code = end.code ?? 128 + constants.signals[end.signal ?? 'SIGKILL'];
    const wallMs = Math.round(performance.now() - started);
    return { kind: 'ended', why, code, stdout: stdout.captured(), stderr: stderr.captured(), wallMs };
  } finally {
    clearTimeout(timer);
    clearTimeout(stopping);
    signal.removeEventListener('abort', cancel);
  }
}

function start({ program, args, cwd, env, given, infoFd }: Job): ChildProcess {
  const nothing = openSync('/dev/null', 'r');
  try {
    const stdio: ('pipe' | number | null)[] = ['pipe', 'pipe', 'pipe'];
    for (const fd of inheritedDescriptors()) stdio[fd] = nothing;
    if (given !== undefined) stdio[given.as] = given.fd;
    if (infoFd !== undefined) stdio[infoFd] = 'pipe';
    return spawn(program, args, { cwd, env, stdio: Array.from(stdio, (one) => one ?? null), detached: true });
  } finally {
    closeSync(nothing);
  }
}

interface End {
  readonly kind: 'ended';
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

async function ending(child: ChildProcess): Promise<End | Extract<Ended, { kind: 'not-started' }>> {
  return await new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const code = systemCode(error);
      if (code === undefined) reject(error);
      else resolve({ kind: 'not-started', code });
    });
    child.once('exit', () => {
      const linger = setTimeout(() => {
        for (const stream of child.stdio) stream?.destroy();
      }, LINGER_MS);
      child.once('close', () => clearTimeout(linger));
    });
    child.once('close', (code, signal) => resolve({ kind: 'ended', code, signal }));
  });
}

function capture(stream: Readable | null): Capture {
  const kept = new Capture();
  stream?.on('data', (chunk: Buffer) => kept.push(chunk));
  stream?.on('error', () => undefined);
  return kept;
}

/** Which process is the first of the sandbox, as soon as it is known. */
function readInfo(stream: unknown): { pid: number | undefined } {
  const info: { pid: number | undefined } = { pid: undefined };
  if (!(stream instanceof Readable)) throw new TypeError('there is no pipe to hear of the sandbox');
  let text = '';
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    if (text.length < MAX_INFO_CHARS) text += chunk.toString('latin1');
    const pid = Number(/"child-pid":\s*(\d+)\D/.exec(text)?.[1]);
    if (pid > 1) info.pid = pid;
  });
  return info;
}

/** SIGKILL to all that is known; what is in a sandbox ends with its first process. */
function killAll(child: ChildProcess, init: number | undefined): void {
  if (child.exitCode !== null || child.signalCode !== null) {
    if (init === undefined) killGroup(child.pid, 'SIGKILL');
    return;
  }
  // As long as bubblewrap has not ended it has not waited for the first process either, so its number is still its own.
  if (init !== undefined) kill(init, 'SIGKILL');
  killGroup(child.pid, 'SIGKILL');
}

function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader !== undefined) kill(-leader, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
