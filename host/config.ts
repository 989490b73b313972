import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { FileConfig } from './config-file.ts';
import { HostError, systemCode } from './base/error.ts';
import { shown } from './base/shown.ts';

/** Everything that comes from the environment and the config file. This is their only reader. */
export interface Config extends FileConfig {
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute path of the file, whether it is there or not. */
  readonly file: string;
}

const NO_FILE = {
  trustRequire: 'self-signed',
  ceilings: {},
  networkHosts: [],
  exec: { unsandboxed: false },
  audit: {},
} as const satisfies FileConfig;

const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * @throws HostError `config-invalid` with the file, and the line where the parser knows it; also for a data directory, if there is
 *   one, that others may write: they would choose what is trusted
 */
export async function readConfig(env: NodeJS.ProcessEnv): Promise<Config> {
  const dataDir = dataDirOf(env);
  checkDataDir(dataDir);
  const file = join(dataDir, 'config.yaml');
  const text = readIfThere(file);
  if (text === undefined) return { dataDir, file, ...NO_FILE };
  // The parser is loaded only for those who have a file: a start without one is several milliseconds shorter.
  const { parseConfig } = await import('./config-file.ts');
  return { dataDir, file, ...parseConfig(text, file) };
}

/** @throws HostError `config-invalid` */
export function dataDirOf(env: NodeJS.ProcessEnv): string {
  const named = env['WIRKEN_DATA_DIR'];
  if (named === undefined || named === '') {
    const home = homedir();
    if (isAbsolute(home)) return join(home, '.wirken');
    throw new HostError('config-invalid', 'there is no home directory to keep data in', {
      remedy: 'Set HOME, or WIRKEN_DATA_DIR, to an absolute path.',
    });
  }
  if (named.includes('\0')) throw new HostError('config-invalid', 'WIRKEN_DATA_DIR holds a NUL byte');
  return isAbsolute(named) ? named : resolve(named);
}

/**
 * Makes the data directory with mode 0700 if it is missing.
 * @throws HostError `config-invalid` if it is no directory, belongs to someone else or lets others in
 */
export function ensureDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    // EEXIST: the check says that it is no directory.
    if (systemCode(error) !== 'EEXIST') throw unusable(dataDir, systemSays(error));
  }
  checkDataDir(dataDir);
}

function checkDataDir(dataDir: string): void {
  let found: Stats | undefined;
  try {
    found = statSync(dataDir, { throwIfNoEntry: false });
  } catch (error) {
    throw unusable(dataDir, systemSays(error));
  }
  if (found === undefined) return;
  const remedy = `Run chmod 700 ${shown(dataDir, 4096)}, or point WIRKEN_DATA_DIR at another directory.`;
  if (!found.isDirectory()) throw unusable(dataDir, 'it is no directory');
  if (process.platform === 'win32') return;
  if (found.uid !== process.getuid?.()) {
    throw new HostError('config-invalid', 'the data directory belongs to another user', { file: dataDir, remedy });
  }
  if ((found.mode & 0o022) !== 0) {
    throw new HostError('config-invalid', 'other users may write to the data directory', { file: dataDir, remedy });
  }
}

function unusable(dataDir: string, why: string): HostError {
  return new HostError('config-invalid', `the data directory cannot be used: ${why}`, {
    file: dataDir,
    remedy: 'Point WIRKEN_DATA_DIR at a directory of your own.',
  });
}

/** @throws whatever is no error of the system */
function systemSays(error: unknown): string {
  const code = systemCode(error);
  if (code === undefined) throw error;
  return `the system answers ${code}`;
}

function readIfThere(file: string): string | undefined {
  const remedy = 'Correct it, or move it away to run with the defaults.';
  try {
    // Without waiting: opening a FIFO would.
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw new HostError('config-invalid', 'the config file is no regular file', { file, remedy });
      if (stat.size > MAX_CONFIG_BYTES) {
        throw new HostError('config-invalid', 'the config file is larger than 1 MiB', { file, remedy });
      }
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof HostError || code === undefined) throw error;
    if (code === 'ENOENT') return undefined;
    throw new HostError('config-invalid', `the config file cannot be read (${code})`, { file, remedy });
  }
}
