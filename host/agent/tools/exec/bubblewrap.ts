import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { systemCode } from '../../../base/error.ts';
import type { Sandbox } from './ports.ts';
import type { Job } from './program.ts';

/** Where the workspace stands in the sandbox: the place at which skills see it too. */
export const WORKSPACE_MOUNT = '/workspace';

/** Numbers of the descriptors that bubblewrap is handed, and keeps to itself. */
const WORKSPACE_FD = 3;
const INFO_FD = 4;

/** Programs and their libraries. A name that is a symlink here is the same symlink there. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** What programs cannot do without: how the linker finds libraries, what numbers are called, which time zone it is. */
const ETC = [
  'alternatives',
  'group',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'nsswitch.conf',
  'passwd',
  'timezone',
];
const TMP_BYTES = 256 * 1024 * 1024;
const SHM_BYTES = 64 * 1024 * 1024;
/** Against fork bombs; counted in this sandbox alone. The kernel does not bind the superuser by it. */
const MAX_PROCESSES = 512;

/** Named one by one: whatever a bubblewrap calls "all", none of these may be missing. */
const NAMESPACES = [
  '--unshare-user',
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-net',
  '--unshare-cgroup-try',
];
/** A session of its own: no terminal into which keys could be pushed (TIOCSTI). */
const CONFINEMENT = ['--die-with-parent', '--new-session', '--hostname', 'wirken', '--cap-drop', 'ALL'];
/**
 * Read-only as a whole: the superuser, though without a capability, could otherwise set the kernel's own switches in /proc/sys, and
 * with `core_pattern` start programs outside.
 */
const KERNEL_VIEWS = ['--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev'];
const PRIVATE_FILES = [
  '--size',
  `${SHM_BYTES}`,
  '--tmpfs',
  '/dev/shm',
  '--remount-ro',
  '/dev',
  '--size',
  `${TMP_BYTES}`,
  '--tmpfs',
  '/tmp',
];

/** The whole environment of a program. */
export const ENVIRONMENT = {
  HOME: '/tmp',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin',
  TERM: 'dumb',
  TMPDIR: '/tmp',
} as const;

export interface Enclosure {
  readonly sandbox: Extract<Sandbox, { kind: 'bubblewrap' }>;
  readonly argv: readonly string[];
  /** From the workspace on; `.` is the workspace itself. */
  readonly cwd: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Directories that are seen as they are, read-only; default: the system's own. */
  readonly system?: readonly string[];
}

/** The program that runs `argv` in the sandbox. */
export function enclosedJob(
  enclosure: Enclosure,
  {
    workspaceFd,
    stdin,
    timeoutMs,
  }: { readonly workspaceFd: number; readonly stdin: string; readonly timeoutMs: number },
): Job {
  return {
    program: enclosure.sandbox.program,
    args: bubblewrapArgs(enclosure),
    cwd: '/',
    // What is in it would stay: bubblewrap only adds.
    env: {},
    stdin,
    timeoutMs,
    given: { fd: workspaceFd, as: WORKSPACE_FD },
    infoFd: INFO_FD,
  };
}

/**
 * The arguments with which bubblewrap starts `argv`. Written here and not by one of the packages on npm: those build a line for a shell,
 * and nothing of what a model says may ever stand in one.
 * Source: bwrap(1).
 */
function bubblewrapArgs({ sandbox, argv, cwd, dataDir, system = SYSTEM }: Enclosure): readonly string[] {
  return [
    ...NAMESPACES,
    ...sandbox.hardening,
    ...CONFINEMENT,
    ...Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--setenv', name, value]),
    ...system.flatMap(systemArgs),
    ...ETC.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ...hidden(dataDir, system),
    ...KERNEL_VIEWS,
    ...PRIVATE_FILES,
    // By the open directory, compared again after mounting: never by a path that may mean another one by now.
    '--bind-fd',
    `${WORKSPACE_FD}`,
    WORKSPACE_MOUNT,
    '--remount-ro',
    '/',
    '--chdir',
    cwd === '.' ? WORKSPACE_MOUNT : `${WORKSPACE_MOUNT}/${cwd}`,
    '--info-fd',
    `${INFO_FD}`,
    '--',
    ...(sandbox.limiter === undefined ? [] : [sandbox.limiter, `--nproc=${MAX_PROCESSES}`, '--core=0', '--']),
    ...argv,
  ];
}

function systemArgs(path: string): readonly string[] {
  try {
    return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** An empty directory over wirken's own, if it lies where everything can be read. */
function hidden(dataDir: string, system: readonly string[]): readonly string[] {
  const real = realOf(dataDir);
  if (real === undefined) return [];
  const isSeen = system.some((path) => real.startsWith(`${realOf(path) ?? path}/`));
  return isSeen ? ['--perms', '0000', '--tmpfs', real, '--remount-ro', real] : [];
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
