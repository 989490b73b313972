import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { HostError, systemCode } from '../../base/error.ts';
import { SecretString } from '../../base/secret-string.ts';
import { shown } from '../../base/shown.ts';
import type { CredentialRef } from './spec.ts';

const MAX_CREDENTIAL_BYTES = 16 * 1024;
/** What fits into a header: no blank, no line break, nothing that a proxy may read otherwise. */
const PRINTABLE = /^[!-~]+$/;

export interface CredentialPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A relative path of a file stands below it. */
  readonly dataDir: string;
}

/**
 * The credential as it is now; one line break at the end of a file is not part of it.
 * @throws HostError `config-invalid` if it is missing or malformed, or others may read the file
 */
export function readCredential(ref: CredentialRef, name: string, { env, dataDir }: CredentialPorts): SecretString {
  const label = `token of ${name}`;
  const value = ref.kind === 'env' ? fromEnv(ref.variable, env) : fromFile(resolve(dataDir, ref.path));
  if (PRINTABLE.test(value)) return new SecretString(value, label);
  const where = ref.kind === 'env' ? `environment variable ${ref.variable}` : `file ${shown(ref.path, 4096)}`;
  throw new HostError('config-invalid', `the ${where} with the ${label} must hold it alone, as one line of ASCII`, {
    remedy: 'Write it without quotes and blanks.',
  });
}

function fromEnv(variable: string, env: CredentialPorts['env']): string {
  const value = env[variable];
  if (value !== undefined && value !== '') return value;
  throw new HostError('config-invalid', `the environment variable ${variable} is not set`, {
    remedy: 'Set it where wirken is started, or name another one under audit.forward.',
  });
}

function fromFile(path: string): string {
  try {
    // Without waiting: opening a FIFO would.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw unusable(path, 'is no regular file');
      if (stat.size > MAX_CREDENTIAL_BYTES) throw unusable(path, `is larger than ${MAX_CREDENTIAL_BYTES} bytes`);
      if (process.platform !== 'win32') {
        if (stat.uid !== process.getuid?.()) throw unusable(path, 'belongs to another user');
        if ((stat.mode & 0o077) !== 0) throw unusable(path, 'can be read or written by others', `chmod 600`);
      }
      return readFileSync(fd, 'latin1').replace(/\r?\n$/, '');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof HostError || code === undefined) throw error;
    throw unusable(path, code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`);
  }
}

function unusable(path: string, what: string, command?: string): HostError {
  return new HostError('config-invalid', `the credential file ${shown(path, 4096)} ${what}`, {
    file: path,
    ...(command === undefined ? {} : { remedy: `Run ${command} ${shown(path, 4096)}.` }),
  });
}
