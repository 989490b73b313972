import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { HostError } from '../base/error.ts';
import { shown } from '../base/shown.ts';
import { ensureDataDir } from '../config.ts';
import { readWhole } from '../skill/durable.ts';
import type { CallOutcome } from '../wasi/call.ts';
import { CEILINGS, DEFAULT_LIMITS, type CallLimits } from '../wasi/limits.ts';
import { layerOf } from '../wasi/module/layer.ts';
import { prepareModule } from '../wasi/module/prepare.ts';
import type { Guest } from '../wasi/pool/guest.ts';
import { startPool } from '../wasi/pool/pool.ts';
import type { MountSpec } from '../wasi/pool/where.ts';
import { WorkspaceDir } from '../workspace/dir.ts';
import type { Context } from './context.ts';
import { cacheDirOf } from './runs.ts';
import { liveStdio } from './live-stdio.ts';

export interface WasmFlags {
  readonly dir: readonly string[];
  readonly env: readonly string[];
  readonly memory?: string;
  readonly time?: string;
  readonly output?: string;
  readonly allowBroadWorkspace?: boolean;
}

/** As shells and `timeout` have it. */
const WASM_EXIT = { timeLimit: 124, otherLimit: 125, refused: 126, trap: 134, guestHighest: 123 } as const;
const PAGE_BYTES = 65_536;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const SIZES: Readonly<Record<string, number>> = { '': 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/**
 * Runs any WASI module or component; stdio and exit code pass through. One line on stderr says what ended it, if it did not end by
 * itself. Usage errors and a file that is not there are errors as everywhere.
 */
export async function wasmRun(
  context: Context,
  file: string,
  args: readonly string[],
  flags: WasmFlags,
): Promise<number> {
  ensureDataDir(context.config.dataDir);
  const limits = limitsOf(flags);
  const env = flags.env.map(parseEnv);
  const bytes = readWhole(resolve(context.cwd, file), MAX_FILE_BYTES, 'module-too-large');
  if (bytes === undefined)
    throw new HostError('not-found', 'there is no such file', { file, remedy: 'Name a .wasm file.' });
  await using resources = new AsyncDisposableStack();
  const pool = resources.use(startPool({ cacheDir: cacheDirOf(context), spare: 0, size: 1 }));
  const mounts = flags.dir.map((spec) => openMount(context, spec, flags, resources));
  try {
    const guest = await guestOf(bytes, limits, context.signal);
    const outcome = await pool.call(
      guest,
      { args: [file, ...args], env, stdin: new Uint8Array(), limits },
      { where: { mounts, tmp: false }, signal: context.signal, stdio: resources.use(liveStdio(context)) },
    );
    return exitCodeOf(context, file, outcome);
  } catch (error) {
    if (!(error instanceof HostError) || context.signal.aborted) throw error;
    return refused(context, file, error.code, error.message);
  }
}

async function guestOf(bytes: Uint8Array, limits: CallLimits, signal: AbortSignal): Promise<Guest> {
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (layerOf(bytes) !== 'component') return { digest, module: prepareModule(bytes, limits).bytes };
  const [{ transpileComponent }, { prepareComponent }] = await Promise.all([
    import('../wasi/component/transpile.ts'),
    import('../wasi/component/prepare.ts'),
  ]);
  return { digest, component: prepareComponent(await transpileComponent(bytes, { signal, limits }), limits) };
}

function exitCodeOf(context: Context, file: string, outcome: CallOutcome): number {
  switch (outcome.kind) {
    case 'exited':
      return Math.min(outcome.code, WASM_EXIT.guestHighest);
    case 'limit':
      say(context, file, `ended by the ${outcome.limit} limit: ${outcome.message}`);
      return outcome.limit === 'wall-time' ? WASM_EXIT.timeLimit : WASM_EXIT.otherLimit;
    case 'trap':
      say(context, file, `trapped: ${outcome.message}`);
      return WASM_EXIT.trap;
    case 'crashed':
      say(context, file, `its process ended: ${outcome.message}`);
      return WASM_EXIT.trap;
    case 'refused':
      return refused(context, file, outcome.code, outcome.message);
  }
}

function refused(context: Context, file: string, code: string, message: string): number {
  say(context, file, `refused before it ran: ${code}: ${message}`);
  return WASM_EXIT.refused;
}

function say(context: Context, file: string, what: string): void {
  context.stderr.write(`wirken: ${shown(file, 400)}: ${shown(what, 2000)}\n`);
}

/** `HOST::GUEST[:ro]` */
function openMount(context: Context, spec: string, flags: WasmFlags, resources: AsyncDisposableStack): MountSpec {
  const at = spec.indexOf('::');
  const readOnly = spec.endsWith(':ro');
  const host = spec.slice(0, at);
  const guestPath = spec.slice(at + 2, readOnly ? -':ro'.length : undefined);
  if (at <= 0 || !guestPath.startsWith('/') || guestPath.includes('\0')) {
    throw new HostError('usage', `--dir ${shown(spec, 200)} is not HOST::GUEST[:ro]`, {
      remedy: 'For instance --dir data::/data:ro',
    });
  }
  const dir = resources.use(
    WorkspaceDir.openAmbient(resolve(context.cwd, host), {
      dataDir: context.config.dataDir,
      allowBroad: flags.allowBroadWorkspace === true,
    }),
  );
  return { guestPath, fd: dir.fd, access: readOnly ? 'read-only' : 'read-write' };
}

function parseEnv(spec: string): readonly [string, string] {
  const at = spec.indexOf('=');
  if (at > 0 && !spec.includes('\0')) return [spec.slice(0, at), spec.slice(at + 1)];
  throw new HostError('usage', `--env ${shown(spec, 80)} is not NAME=VALUE`);
}

function limitsOf(flags: WasmFlags): CallLimits {
  const output =
    flags.output === undefined ? DEFAULT_LIMITS.outputBytes : parseSize('--output', flags.output, CEILINGS.outputBytes);
  return {
    ...DEFAULT_LIMITS,
    memoryBytes:
      flags.memory === undefined
        ? DEFAULT_LIMITS.memoryBytes
        : parseSize('--memory', flags.memory, CEILINGS.memoryBytes, PAGE_BYTES),
    wallTimeMs: flags.time === undefined ? DEFAULT_LIMITS.wallTimeMs : parseSeconds(flags.time),
    outputBytes: output,
  };
}

function parseSize(option: string, text: string, most: number, least = 1): number {
  const [, digits, unit] = /^([1-9]\d{0,11})(|B|KiB|MiB|GiB)$/.exec(text) ?? [];
  const bytes = Number(digits) * (SIZES[unit ?? ''] ?? Number.NaN);
  if (bytes >= least && bytes <= most) return bytes;
  throw new HostError('usage', `${option} ${shown(text, 40)} is no size from ${least} B to ${most / 1024 ** 2}MiB`, {
    remedy: `For instance ${option} 64MiB`,
  });
}

function parseSeconds(text: string): number {
  const seconds = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  const ms = Math.round(seconds * 1000);
  if (ms >= 1 && ms <= CEILINGS.wallTimeMs) return ms;
  throw new HostError(
    'usage',
    `--time ${shown(text, 40)} is no number of seconds up to ${CEILINGS.wallTimeMs / 1000}`,
    {
      remedy: 'For instance --time 2.5',
    },
  );
}
