import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { Permit } from '../../policy/permit.ts';
import type { DirHandle } from '../../workspace/layer.ts';
import type { Arguments } from './arguments.ts';
import { counted } from './bytes.ts';
import { enclosedJob, ENVIRONMENT, WORKSPACE_MOUNT } from './exec/bubblewrap.ts';
import type { Captured } from './exec/capture.ts';
import type { ExecPorts, Sandbox } from './exec/ports.ts';
import { runProgram } from './exec/program.ts';
import type { Ended, Job } from './exec/program.ts';
import { failureOf } from './failure.ts';
import { PATH } from './schemas.ts';
import type { ToolOf, ToolPorts, ToolResult } from './tool.ts';
import { toolName } from './tool-name.ts';
import { whereIs } from './where.ts';

const MAX_WORDS = 1_000;
/** Of all words together. Linux takes no single one of more than 128 KiB. */
const MAX_ARGV_BYTES = 128 * 1024;
const MAX_STDIN_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_S = 30;
const MAX_TIMEOUT_S = 600;
/** What `wirken tool run` can pass on. */
const MAX_EXIT_CODE = 63;
/** Source: prlimit of util-linux, as `env` and shells have it. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

type Exited = Extract<Ended, { kind: 'ended' }>;

/** `exec`: one program, never a shell's line. */
export const exec: ToolOf<'ShellExec'> = {
  name: toolName('exec'),
  description: `Runs one program with its arguments, without a shell: no pipes, globs or variables. It runs in a sandbox without network that sees the workspace at ${WORKSPACE_MOUNT}, the system's programs read-only, and a /tmp of its own. A program that fails is no error of the tool: look at exit_code.`,
  kind: 'ShellExec',
  parameters: {
    type: 'object',
    properties: {
      argv: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        maxItems: MAX_WORDS,
        description: 'The program and its arguments, one a word.',
      },
      cwd: { ...PATH, description: 'The directory of the workspace in which it runs; default: the workspace itself.' },
      stdin: { type: 'string', description: 'What it reads from its standard input; default: nothing.' },
      timeout_s: {
        type: 'integer',
        minimum: 1,
        maximum: MAX_TIMEOUT_S,
        description: `Seconds until it is ended; default ${DEFAULT_TIMEOUT_S}.`,
      },
    },
    required: ['argv'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      exit_code: { type: 'integer', description: 'Above 128: ended by the signal of that number less 128.' },
      ended: {
        enum: ['exited', 'timeout', 'output'],
        description: 'By itself, by the time limit, or because it wrote too much.',
      },
      stdout: { type: 'string' },
      stderr: { type: 'string' },
      stdout_bytes: { type: 'integer', description: 'All that it wrote; of more than is kept the middle is left out.' },
      stderr_bytes: { type: 'integer' },
      wall_ms: { type: 'integer' },
      sandbox: { enum: ['bubblewrap', 'none'] },
    },
    required: ['exit_code', 'ended', 'stdout', 'stderr', 'stdout_bytes', 'stderr_bytes', 'wall_ms', 'sandbox'],
    additionalProperties: false,
  },
  deterministic: false,
  access: 'read-write',
  actionOf: async (args, ports) => {
    stdinOf(args);
    directoryOf(args, ports.dir);
    const argv = argvOf(args);
    // Before anybody is asked: whether it could run at all.
    await sandboxOf(portsOf(ports));
    return { kind: 'ShellExec', argv };
  },
  run: async (permit, args, ports, signal) => {
    const { argv } = Permit.spend(permit, 'ShellExec');
    const exec = portsOf(ports);
    const sandbox = await sandboxOf(exec);
    const job = jobOf(argv, args, { sandbox, exec, cwd: directoryOf(args, ports.dir) });
    return result(argv, sandbox, await runProgram(job, signal));
  },
};

function jobOf(
  argv: readonly string[],
  args: Arguments,
  { sandbox, exec, cwd }: { readonly sandbox: Sandbox; readonly exec: ExecPorts; readonly cwd: string },
): Job {
  const stdin = stdinOf(args);
  const timeoutMs = args.integerOr('timeout_s', DEFAULT_TIMEOUT_S) * 1000;
  const { workspaceFd, dataDir } = exec;
  if (sandbox.kind === 'bubblewrap') {
    return enclosedJob({ sandbox, argv, cwd, dataDir }, { workspaceFd, stdin, timeoutMs });
  }
  const [program = '', ...rest] = argv;
  // The child resolves it between fork and exec, when it still has the descriptor.
  return { program, args: rest, cwd: `/proc/self/fd/${workspaceFd}/${cwd}`, env: ENVIRONMENT, stdin, timeoutMs };
}

async function sandboxOf(exec: ExecPorts): Promise<Sandbox> {
  const sandbox = await exec.sandbox();
  if (sandbox.kind === 'bubblewrap' || exec.allowUnsandboxed) return sandbox;
  throw new HostError(
    'unsupported',
    `exec needs a sandbox of the operating system, and there is none: ${sandbox.why}`,
    {
      remedy:
        'Install bubblewrap and let this user make user namespaces; or allow exec.unsandboxed in config.yaml: programs then have all the rights of this user.',
    },
  );
}

function result(argv: readonly string[], sandbox: Sandbox, ended: Ended): ToolResult {
  const program = shown(argv[0] ?? '', 80);
  if (ended.kind === 'not-started') throw notStarted(program, ended.code === 'ENOENT', ended.code);
  if (sandbox.kind === 'bubblewrap') checkStarted(program, ended);
  const { why, code, stdout, stderr, wallMs } = ended;
  return {
    value: {
      exit_code: code,
      ended: why,
      stdout: stdout.text,
      stderr: stderr.text,
      stdout_bytes: stdout.bytes,
      stderr_bytes: stderr.bytes,
      wall_ms: wallMs,
      sandbox: sandbox.kind,
    },
    text: [headline(sandbox, ended), ...streamLines('stdout', stdout), ...streamLines('stderr', stderr)].join('\n'),
    exitCode: code > MAX_EXIT_CODE || (code === 0 && why !== 'exited') ? 1 : code,
  };
}

/** A program may write the same words and end with the same number; then it is told as it wishes to be. */
function checkStarted(program: string, { why, code, stderr }: Exited): void {
  if (why !== 'exited') return;
  const [said = ''] = stderr.text.split('\n');
  if (said.startsWith('prlimit: failed to execute ') || said.startsWith('bwrap: execvp ')) {
    if (code === NOT_FOUND || said.endsWith('No such file or directory')) throw notStarted(program, true, said);
    if (code === NOT_EXECUTABLE || code === 1) throw notStarted(program, false, said);
  }
  if (code === 1 && said.startsWith('bwrap: ')) {
    throw new HostError('io', `the sandbox for ${program} could not be set up: ${shown(said, 200)}`);
  }
}

function notStarted(program: string, isMissing: boolean, why: string): HostError {
  return isMissing
    ? new HostError('not-found', `there is no program ${program} where exec looks for it`, {
        remedy: `It sees ${ENVIRONMENT.PATH} and the workspace; name a file of the workspace as ./FILE or ${WORKSPACE_MOUNT}/FILE.`,
      })
    : new HostError('io', `${program} could not be started: ${shown(why, 200)}`);
}

function headline(sandbox: Sandbox, { why, code, wallMs }: Exited): string {
  const end = why === 'exited' ? `exit code ${code}` : `${ENDED_WORDS[why]} (exit code ${code})`;
  return `${end}, ${(wallMs / 1000).toFixed(1)} s, sandbox: ${sandbox.kind}`;
}

const ENDED_WORDS = {
  timeout: 'ended by its time limit',
  output: 'ended because it wrote too much',
} as const satisfies Record<Exclude<Exited['why'], 'exited'>, string>;

function streamLines(name: string, { text, bytes, cut }: Captured): readonly string[] {
  if (bytes === 0) return [];
  return [`── ${name}${cut ? ` (${counted(bytes, 'byte')}, the middle is left out)` : ''}`, text.replace(/\n$/, '')];
}

function argvOf(args: Arguments): readonly string[] {
  const argv = args.texts('argv');
  const refuse = (what: string): never => {
    throw new HostError('arguments-invalid', what);
  };
  if (argv[0] === '') return refuse('argv names no program');
  if (argv.some((word) => word.includes('\0'))) return refuse('a word of argv holds a zero byte');
  const bytes = argv.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  return bytes > MAX_ARGV_BYTES
    ? refuse(`argv has more than ${MAX_ARGV_BYTES} bytes; give what is long as stdin`)
    : argv;
}

function stdinOf(args: Arguments): string {
  const stdin = args.textOr('stdin', '');
  if (Buffer.byteLength(stdin) <= MAX_STDIN_BYTES) return stdin;
  throw new HostError('limit-exceeded', `stdin has more than ${MAX_STDIN_BYTES} bytes`, {
    remedy: 'Write it to a file of the workspace and let the program read that.',
  });
}

function directoryOf(args: Arguments, dir: DirHandle): string {
  const { path, stat } = whereIs(dir, args.textOr('cwd', '.'), true);
  if (stat?.kind === 'directory') return path;
  throw failureOf(path, stat === undefined ? 'noent' : 'notdir');
}

function portsOf({ exec }: ToolPorts): ExecPorts {
  if (exec === undefined) throw new TypeError('exec was called without the means to start a program');
  return exec;
}
