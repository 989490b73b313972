import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { HostError, systemCode } from './base/error.ts';

/** Everything that comes from the environment and the config file. This is their only reader. */
export interface Config {
  /** Absolute. */
  readonly dataDir: string;
  readonly trustRequire: 'root' | 'self-signed';
  /** The operator's ceilings over what a manifest asks for. */
  readonly ceilings: Ceilings;
  /** Absolute path of the file, whether it is there or not. */
  readonly file: string;
}

export interface Ceilings {
  readonly memoryBytes?: number;
  readonly timeMs?: number;
  readonly outputBytes?: number;
}

const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * @throws HostError `config-invalid` with the file, and the line where the parser knows it
 */
export async function readConfig(env: NodeJS.ProcessEnv): Promise<Config> {
  const dataDir = dataDirOf(env);
  const file = join(dataDir, 'config.yaml');
  const text = readIfThere(file);
  if (text === undefined) return { dataDir, file, trustRequire: 'self-signed', ceilings: {} };
  // The parser is loaded only for those who have a file: a start without one is several milliseconds shorter.
  const { parseConfig } = await import('./config-file.ts');
  return { dataDir, file, ...parseConfig(text, file) };
}

function dataDirOf(env: NodeJS.ProcessEnv): string {
  const named = env['WIRKEN_DATA_DIR'];
  if (named === undefined || named === '') return join(homedir(), '.wirken');
  if (named.includes('\0')) throw new HostError('config-invalid', 'WIRKEN_DATA_DIR holds a NUL byte');
  return isAbsolute(named) ? named : resolve(named);
}

/**
 * Makes the data directory with mode 0700 if it is missing.
 * @throws HostError `config-invalid` if it is no directory, belongs to someone else or lets others in
 */
export function ensureDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const found = statSync(dataDir);
  const remedy = `Run chmod 700 ${dataDir}, or point WIRKEN_DATA_DIR at another directory.`;
  if (!found.isDirectory())
    throw new HostError('config-invalid', 'the data directory is no directory', { file: dataDir, remedy });
  if (process.platform === 'win32') return;
  if (found.uid !== process.getuid?.()) {
    throw new HostError('config-invalid', 'the data directory belongs to another user', { file: dataDir, remedy });
  }
  if ((found.mode & 0o022) !== 0) {
    throw new HostError('config-invalid', 'other users may write to the data directory', { file: dataDir, remedy });
  }
}

function readIfThere(file: string): string | undefined {
  try {
    if (statSync(file).size > MAX_CONFIG_BYTES) {
      throw new HostError('config-invalid', 'the config file is larger than 1 MiB', { file });
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === undefined) throw error;
    throw new HostError('config-invalid', `the config file cannot be read (${code})`, { file });
  }
}
