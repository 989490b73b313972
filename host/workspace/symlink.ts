import type { Backend } from './backend.ts';
import type { Errno } from './layer.ts';
import { MAX_NAME_BYTES, MAX_PATH_BYTES } from '../base/path-limits.ts';

/**
 * Whether a guest may leave a symlink with this text in a directory `depth` levels beneath its handle: relative, and never above that
 * handle. `..` counts at the front only; behind a name it could climb out through another symlink, and is refused.
 */
export function checkTarget(untrusted: string, depth: number): Errno | undefined {
  if (untrusted.length === 0) return 'noent';
  if (!untrusted.isWellFormed()) return 'ilseq';
  if (untrusted.includes('\0')) return 'inval';
  if (Buffer.byteLength(untrusted) > MAX_PATH_BYTES) return 'nametoolong';
  if (untrusted.startsWith('/')) return 'notcapable';
  const parts = untrusted.split('/').filter((part) => part !== '' && part !== '.');
  const names = parts.findIndex((part) => part !== '..');
  const ups = names < 0 ? parts.length : names;
  if (ups > depth || parts.includes('..', ups)) return 'notcapable';
  return parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES) ? 'nametoolong' : undefined;
}

/** The same for a symlink that exists and is to get a name at another depth. */
export function symlinkFits(backend: Backend, dirFd: number, name: string, depth: number): Errno | undefined {
  const link = backend.readlink(dirFd, name);
  return typeof link === 'string' ? link : checkTarget(link.target, depth);
}
