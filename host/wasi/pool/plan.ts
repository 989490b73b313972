import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { HostError, systemCode } from '../../base/error.ts';
import type { Access } from '../../workspace/access.ts';
import type { DeliveredCode } from '../code.ts';
import type { FenceRule } from './landlock.ts';
import type { Where } from './where.ts';

/**
 * How a runner reaches files: not at all; by `openat2` through FFI, which only the kernel's fence makes bearable; or segment by segment
 * through `/proc/self/fd`.
 */
export type RunnerMode = 'sealed' | 'beneath' | 'walk';

/** Everything that decides how a runner's process is started; calls with equal plans may share runners. */
export interface RunnerPlan {
  readonly key: string;
  readonly mode: RunnerMode;
  /** Whether it runs JavaScript that was generated from a component. */
  readonly generated: boolean;
  /** 64 KiB each, of one memory. */
  readonly memoryPages: number;
  readonly directories: readonly PlannedDirectory[];
}

export interface PlannedDirectory {
  readonly fd: number;
  readonly writable: boolean;
}

const DEFAULT_PAGES = 4096;
const MOST_PAGES = 65_536;
const PAGE_BYTES = 65_536;
const OLD_SPACE_MIB = 96;
const SEMI_SPACE_MIB = 4;
const PROC_FDS = '/proc/self/fd/';

/** @throws HostError `unsupported` for a mount on a system without `/proc`, `io` for a descriptor that is no directory */
export function planRunner(where: Where, generated: boolean, memoryBytes: number, landlock: boolean): RunnerPlan {
  const directories = where.mounts.map(({ fd, access }) => ({ fd, writable: mayWriteAnything(access) }));
  const mode = directories.length === 0 ? 'sealed' : landlock && !generated ? 'beneath' : 'walk';
  if (mode !== 'sealed' && process.platform !== 'linux') {
    throw new HostError('unsupported', 'a sandboxed program reaches directories on Linux only', {
      remedy: 'run it on Linux, or without directories',
    });
  }
  const memoryPages = memoryBytes > DEFAULT_PAGES * PAGE_BYTES ? MOST_PAGES : DEFAULT_PAGES;
  const identities = directories.map(({ fd, writable }) => `${identityOf(fd)}${writable ? ':w' : ''}`);
  const key = [mode, generated ? 'generated' : 'plain', memoryPages, ...identities].join(' ');
  return { key, mode, generated, memoryPages, directories };
}

function mayWriteAnything(access: Access): boolean {
  return typeof access === 'string' ? access === 'read-write' : access.write.length > 0;
}

function identityOf(fd: number): string {
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (stat.isDirectory()) return `${stat.dev}:${stat.ino}`;
  } catch (error) {
    throw new HostError('io', `a directory for a sandboxed program is not open: ${systemCode(error) ?? 'unknown'}`);
  }
  throw new HostError('io', 'a descriptor for a sandboxed program is no directory');
}

/** The same plan with descriptors of its own, to be closed by `closeDirectories`. */
export function withOwnDirectories(plan: RunnerPlan): RunnerPlan {
  const directories = plan.directories.map(({ fd, writable }) => ({
    fd: openSync(`${PROC_FDS}${fd}`, constants.O_RDONLY | constants.O_DIRECTORY),
    writable,
  }));
  return { ...plan, directories };
}

export function closeDirectories(plan: RunnerPlan): void {
  for (const { fd } of plan.directories) closeSync(fd);
}

/** argv of the runner, without argv[0]; `more` comes behind the mode. */
export function runnerArguments(
  plan: RunnerPlan,
  code: DeliveredCode,
  more: readonly string[] = [],
): readonly string[] {
  const writes = plan.directories.some((directory) => directory.writable);
  return [
    '--permission',
    ...code.readable.map(({ path, isDirectory }) => `--allow-fs-read=${path}${isDirectory ? '/' : ''}`),
    ...(plan.mode === 'walk' ? [`--allow-fs-read=${PROC_FDS}`] : []),
    ...(plan.mode === 'walk' && writes ? [`--allow-fs-write=${PROC_FDS}`] : []),
    plan.mode === 'beneath' ? '--allow-ffi' : '--no-experimental-ffi',
    // node:sqlite writes files past the permission model.
    '--no-experimental-sqlite',
    '--no-experimental-websocket',
    '--no-addons',
    '--disallow-code-generation-from-strings',
    '--no-warnings',
    // The system's own lies outside the fence, and what Node cannot read there ends it.
    '--openssl-config=/dev/null',
    `--max-old-space-size=${OLD_SPACE_MIB}`,
    `--max-semi-space-size=${SEMI_SPACE_MIB}`,
    `--wasm-max-mem-pages=${plan.memoryPages}`,
    '--expose-gc',
    // The heap is small: helper threads would wait for each other longer than they help.
    '--single-threaded-gc',
    code.runner,
    plan.mode,
    ...more,
  ];
}

/** What the kernel leaves to a runner: Node and its libraries, the runner's code, its directories, nothing else. */
export function fenceRules(plan: RunnerPlan, code: DeliveredCode): readonly FenceRule[] {
  return [
    ...[...mappedFiles(), realpathSync(process.execPath)].map((at) => fileRule(at, ['execute'])),
    ...readableFiles(['/etc/ld.so.cache']).map((at) => fileRule(at, ['read'])),
    fileRule('/dev/null', ['read', 'write']),
    ...code.readable.map(({ path, isDirectory }): FenceRule => ({ at: path, isDirectory, rights: ['read'] })),
    ...plan.directories.map(({ fd, writable }): FenceRule => ({
      at: fd,
      isDirectory: true,
      rights: writable ? ['read', 'write'] : ['read'],
    })),
  ];
}

function fileRule(at: string, rights: FenceRule['rights']): FenceRule {
  return { at, isDirectory: false, rights };
}

/** The program, its libraries and their loader: what this very process has mapped from files as code. */
function mappedFiles(): ReadonlySet<string> {
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n');
  const paths = lines.flatMap((line) => /^\S+ r-xp .*? (\/.*)$/.exec(line)?.[1] ?? []);
  return new Set(readableFiles(paths));
}

function readableFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    try {
      return [realpathSync(path)];
    } catch {
      return [];
    }
  });
}
