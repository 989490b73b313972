import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { HostError } from '../../../base/error.ts';

const MAX_SAID_BYTES = 256 * 1024;

/** How a program ended, and what it said on both outputs, in the order in which it came. */
export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** The absolute path of a program, or `undefined`. Only absolute directories of PATH are looked through. */
export function findProgram(names: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  const dirs = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return names
    .flatMap((name) => (isAbsolute(name) ? [name] : dirs.map((dir) => join(dir, name))))
    .find((path) => isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program without a shell, in `cwd`, to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Ended> {
  const child = spawn(program, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const take = (chunk: Buffer): void => void (said.length < MAX_SAID_BYTES && (said += chunk.toString()));
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', (error) => reject(signal.aborted ? signal.reason : error));
  child.on('close', resolve);
  return { code: await promise, said };
}

export function toolchainMissing(what: string, install: string): HostError {
  return new HostError('toolchain-missing', `${what} is not here`, { remedy: install });
}

/** What a compiler says of a source; `dir`, the path of the skill on this machine, is left out of it. */
export function buildFailed(said: string, dir?: string): HostError {
  const text = (dir === undefined ? said : said.replaceAll(`${dir}/`, '')).trim();
  return new HostError('build-failed', text === '' ? 'the compiler failed and said nothing' : text, {
    remedy: 'Correct the source and build again.',
  });
}
