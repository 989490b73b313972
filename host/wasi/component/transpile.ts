import { spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { decodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import type { CallLimits } from '../limits.ts';
import { prepareModules } from '../module/prepare.ts';
import { requireKnownInterface } from './interfaces.ts';
import { requirePlain, requirePlainNames } from './names.ts';
import { scanImports } from './scan.ts';
import type { TranspiledComponent } from './transpiled.ts';

const DEADLINE_MS = 30_000;
const MAX_OUTPUT_BYTES = 128 * 1024 * 1024;
const MAX_HEAP_MIB = 1024;
const MAX_WASM_PAGES = 16_384;

const answer = z.union([
  z.strictObject({ error: z.string() }),
  z.strictObject({
    files: z.array(z.tuple([z.string(), z.int().nonnegative()])),
    imports: z.array(z.string()),
    exports: z.array(z.tuple([z.string(), z.string()])),
  }),
]);

export interface TranspileOptions {
  readonly limits: CallLimits;
  readonly signal: AbortSignal;
  /** Default: 30 s. */
  readonly deadlineMs?: number;
}

/**
 * The component as JavaScript and core modules, made by a process of its own: without network, environment, children or workers,
 * able to read the transpiler and nothing else, killed at its deadline.
 * @throws HostError component-invalid, import-unknown, module-too-large, and whatever `prepareModules` refuses in its core modules
 */
export async function transpileComponent(
  untrusted: Uint8Array,
  { limits, signal, deadlineMs = DEADLINE_MS }: TranspileOptions,
): Promise<TranspiledComponent> {
  const imports = scanImports(untrusted, limits);
  const transpiler = locate();
  const output = await transpileApart(untrusted, transpiler, deadlineMs, signal);
  const { files, exports, unversioned } = parseOutput(output);
  // what the generated code asks for is what the scan let through
  for (const name of unversioned) requireKnownInterface(`${name}@0.2.0`);
  const scripts = [...files].filter(([name]) => name.endsWith('.js'));
  const js = decodeUtf8(scripts[0]?.[1] ?? new Uint8Array());
  if (js === undefined || scripts.length !== 1) throw invalid('it was not transpiled to one script');
  const cores = new Map([...files].filter(([name]) => name.endsWith('.wasm')));
  const instances = countInstances(js, cores);
  const prepared = prepareModules(
    [...cores].map(([name, untrusted]) => ({ untrusted, instances: instances.get(name) ?? 0 })),
    limits,
    'any',
  );
  requirePlainNames(prepared.map(({ facts }) => facts));
  for (const name of exports) requirePlain(name);
  return { jcoVersion: transpiler.version, js, cores, instances, imports, exports };
}

/** The version of the transpiler at hand, part of the key of what was transpiled. */
export function transpilerVersion(): string {
  return locate().version;
}

interface Transpiler {
  /** The script to import, and the directory that holds everything it reads. */
  readonly script: string;
  readonly dir: string;
  readonly version: string;
}

function locate(): Transpiler {
  const resolved = createRequire(import.meta.url).resolve('@bytecodealliance/jco-transpile/component');
  const script = realpathSync(resolved);
  const about: unknown = JSON.parse(readFileSync(join(dirname(script), '..', 'package.json'), 'utf8'));
  return { script, dir: dirname(script), version: z.object({ version: z.string() }).parse(about).version };
}

async function transpileApart(
  untrusted: Uint8Array,
  transpiler: Transpiler,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted();
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const here = realpathSync(join(dirname(fileURLToPath(import.meta.url)), 'transpiler'));
  const child = spawn(
    process.execPath,
    [
      '--permission',
      ...[`${transpiler.dir}/`, join(transpiler.dir, '..', 'package.json'), `${here}/`].map(
        (path) => `--allow-fs-read=${path}`,
      ),
      ...packageFiles(here).map((path) => `--allow-fs-read=${path}`),
      '--disallow-code-generation-from-strings',
      '--no-warnings',
      `--max-old-space-size=${MAX_HEAP_MIB}`,
      `--wasm-max-mem-pages=${MAX_WASM_PAGES}`,
      join(here, `main.${extension}`),
      pathToFileURL(transpiler.script).href,
    ],
    { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const chunks: Buffer[] = [];
  let size = 0;
  let ended: 'late' | 'large' | undefined;
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  const timer = setTimeout(() => {
    ended = 'late';
    kill();
  }, deadlineMs);
  signal.addEventListener('abort', kill, { once: true });
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk);
    else {
      ended = 'large';
      kill();
    }
  });
  // a child that dies early breaks the pipe; how it ended says more
  child.stdin.on('error', () => undefined);
  child.stdin.end(untrusted);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => resolve());
    });
  } catch (error) {
    throw new HostError('io', `the transpiler does not start: ${shown(String(error), 200)}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  }
  signal.throwIfAborted();
  if (ended === 'late') throw invalid(`transpiling took longer than ${deadlineMs} ms`);
  if (ended === 'large') throw new HostError('module-too-large', 'the component grows too large when transpiled');
  return Buffer.concat(chunks);
}

/** The package.json files that Node asks about the kind of a script in `dir`. */
function packageFiles(dir: string): readonly string[] {
  const above = dirname(dir);
  return above === dir ? [join(dir, 'package.json')] : [join(dir, 'package.json'), ...packageFiles(above)];
}

function parseOutput(output: Buffer) {
  if (output.length < 4) throw invalid('the transpiler ended without an answer');
  const bodiesAt = 4 + output.readUInt32BE(0);
  const head = answer.safeParse(parseJson(output.subarray(4, bodiesAt).toString()));
  if (!head.success) throw invalid('the transpiler broke off its answer');
  if ('error' in head.data) throw invalid(firstLine(head.data.error));
  const files = new Map<string, Uint8Array>();
  let at = bodiesAt;
  for (const [name, bytes] of head.data.files) {
    if (bytes > output.length - at) throw invalid('the transpiler broke off its answer');
    files.set(name, output.subarray(at, at + bytes));
    at += bytes;
  }
  return { files, unversioned: head.data.imports, exports: head.data.exports.map(([name]) => name).sort() };
}

/**
 * How often the script instantiates each core module. The script makes them one by one, each by a line of its own; the run holds it
 * to these numbers, so a miscount can refuse a component but not give it more than its budget.
 */
function countInstances(js: string, cores: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, number> {
  const variables = new Map(
    [...js.matchAll(/const (module\d+) = getCoreModule\('([^'\\]+)'\);/g)].map(([, v, name]) => [v, name]),
  );
  const counts = new Map([...cores.keys()].map((name) => [name, 0]));
  for (const [, variable] of js.matchAll(/= instantiateCore\((module\d+)[,)]/g)) {
    const name = variables.get(variable);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function invalid(why: string): HostError {
  return new HostError('component-invalid', `the component cannot be transpiled: ${shown(why, 300)}`, {
    remedy: 'Build the component again, for WASI 0.2.',
  });
}
